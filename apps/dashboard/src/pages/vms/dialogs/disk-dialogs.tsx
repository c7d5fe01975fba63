import { DiskDevice_Bus, VMService, VolumeService, type DiskDevice, type VMTaskResponse } from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Field, Input, Select } from "../../../ui/field.tsx";
import { PoolSelect } from "../../pools/pool-select.tsx";
import { VolumeSelect } from "../../volumes/volume-select.tsx";
import { useFreeVolumes } from "../../volumes/use-free-volumes.ts";
import { diskBus } from "../tabs/words.ts";
import { ChoiceCards } from "./choice-cards.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.disks;
const buses = [DiskDevice_Bus.VIRTIO_BLK, DiskDevice_Bus.VIRTIO_SCSI, DiskDevice_Bus.NVME, DiskDevice_Bus.SATA];

/** A toast with what a person should know: it takes effect at the next start. */
export function told(done: string, { warnings }: VMTaskResponse): void {
  toast.success(done, warnings.length > 0 ? { description: strings.vm.resources.restart } : {});
}

export function AttachDiskDialog({ vm, onClose }: VmDialogProps) {
  const client = useClient(VMService);
  const volumes = useClient(VolumeService);
  const nodeId = vm.status?.nodeId ?? "";
  const free = useFreeVolumes({ projectId: vm.projectId, nodeId, vmId: vm.id });
  const [kind, setKind] = useState<"new" | "volume">("new");
  const [volumeId, setVolume] = useState("");
  const [size, setSize] = useState("20");
  const [storagePoolId, setPool] = useState("");
  const [bus, setBus] = useState(DiskDevice_Bus.BUS_UNKNOWN);
  const attach = async () => {
    const idempotencyKey = newKey();
    if (kind === "volume") {
      await volumes.attachVolume({ volumeId, vmId: vm.id, idempotencyKey });
      return void toast.success(s.attached);
    }
    const disk = { sizeGib: BigInt(size), storagePoolId, bus };
    told(s.attached, await client.attachDisk({ vmId: vm.id, disk, idempotencyKey }));
  };
  const blocked = kind === "volume" ? (volumeId ? undefined : s.chooseVolume) : isWhole(size) ? undefined : s.size;
  return (
    <FormDialog
      title={s.attachTitle(vm.name)}
      submit={s.attachDo}
      blocked={blocked}
      work={attach}
      onClose={onClose}
      fields={["sizeGib", "storagePoolId", "bus"]}
    >
      {(error) => (
        <>
          <div className="grid grid-cols-2 gap-2">
            {(["new", "volume"] as const).map((one) => (
              <label
                key={one}
                className="flex cursor-pointer items-center gap-2 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft"
              >
                <input
                  type="radio"
                  name="kind"
                  className="size-4 accent-accent"
                  checked={kind === one}
                  onChange={() => setKind(one)}
                />
                <span className="font-medium">{one === "new" ? s.fresh : s.existing}</span>
              </label>
            ))}
          </div>
          {kind === "volume" ? (
            <Field label={s.volume} hint={free.length === 0 ? s.noVolumes : undefined}>
              <VolumeSelect volumes={free} value={volumeId} onValue={setVolume} none={s.chooseVolume} />
            </Field>
          ) : (
            <>
              <Field label={s.size} error={error("sizeGib")}>
                <Input
                  type="number"
                  min={1}
                  max={65_536}
                  required
                  value={size}
                  onChange={(event) => setSize(event.target.value)}
                />
              </Field>
              <Field label={s.pool} error={error("storagePoolId")}>
                <PoolSelect none={s.poolAuto} value={storagePoolId} onValue={setPool} nodeId={nodeId} />
              </Field>
              <Field label={s.bus} error={error("bus")}>
                <Select value={bus} onChange={(event) => setBus(Number(event.target.value))}>
                  <option value={DiskDevice_Bus.BUS_UNKNOWN}>{s.busAuto}</option>
                  {buses.slice(1).map((value) => (
                    <option key={value} value={value}>
                      {diskBus[value]}
                    </option>
                  ))}
                </Select>
              </Field>
            </>
          )}
        </>
      )}
    </FormDialog>
  );
}

interface OneDisk extends VmDialogProps {
  disk: DiskDevice;
  name: string;
}

export function GrowDiskDialog({ vm, disk, name, onClose }: OneDisk) {
  const client = useClient(VMService);
  const now = Number(disk.sizeGib);
  const [size, setSize] = useState(String(now));
  const grow = async () => {
    const request = { vmId: vm.id, diskId: disk.id, newSizeGib: BigInt(size), idempotencyKey: newKey() };
    told(s.grown, await client.resizeDisk(request));
  };
  return (
    <FormDialog
      title={s.growTitle(name)}
      submit={s.growDo}
      blocked={isWhole(size) && Number(size) > now ? undefined : s.growHint(now)}
      work={grow}
      onClose={onClose}
      fields={["newSizeGib"]}
    >
      {(error) => (
        <>
          <Field label={s.newSize} hint={s.growHint(now)} error={error("newSizeGib")}>
            <Input
              type="number"
              min={now + 1}
              max={65_536}
              required
              value={size}
              onChange={(event) => setSize(event.target.value)}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}

/** Its data stays as a volume, or goes into the recycle bin. */
export function DetachDiskDialog({ vm, disk, name, onClose }: OneDisk) {
  const client = useClient(VMService);
  const [what, setWhat] = useState<"keep" | "delete">("keep");
  const deleteVolume = what === "delete";
  const detach = async () => {
    const request = { vmId: vm.id, diskId: disk.id, deleteVolume, idempotencyKey: newKey() };
    told(s.detached, await client.detachDisk(request));
  };
  return (
    <FormDialog
      title={s.detachTitle(name)}
      submit={deleteVolume ? s.detachDoDelete : s.detachDo}
      work={detach}
      onClose={onClose}
      look={deleteVolume ? "danger" : "primary"}
    >
      {() => (
        <>
          <p>{s.detachText}</p>
          {disk.shared && <p>{s.detachShared}</p>}
          {!disk.shared && (
            <ChoiceCards
              legend={s.detachWhat}
              value={what}
              onChange={setWhat}
              choices={[
                { value: "keep", title: s.detachKeep, hint: s.detachKeepHint(Number(disk.sizeGib)) },
                { value: "delete", title: s.detachDelete, hint: s.detachDeleteHint },
              ]}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}

function isWhole(text: string): boolean {
  return /^[0-9]{1,6}$/.test(text) && Number(text) > 0;
}
