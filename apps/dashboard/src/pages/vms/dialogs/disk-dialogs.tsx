import {
  DiskDevice_Bus,
  StoragePoolStatus_Phase,
  VMService,
  type DiskDevice,
  type VMTaskResponse,
} from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Checkbox, Field, Input, Select } from "../../../ui/field.tsx";
import { bytes } from "../../../ui/units.ts";
import { diskBus } from "../tabs/words.ts";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.disks;
const buses = [DiskDevice_Bus.VIRTIO_BLK, DiskDevice_Bus.VIRTIO_SCSI, DiskDevice_Bus.NVME, DiskDevice_Bus.SATA];

/** A toast with what a person should know: it takes effect at the next start. */
export function told(done: string, { warnings }: VMTaskResponse): void {
  toast.success(done, warnings.length > 0 ? { description: strings.vm.resources.restart } : {});
}

export function AttachDiskDialog({ vm, onClose }: VmDialogProps) {
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const nodeId = vm.status?.nodeId ?? "";
  const pools = useRows(inventory.pool).filter(
    ({ spec, status }) =>
      status?.phase === StoragePoolStatus_Phase.READY &&
      (nodeId === "" || spec?.assignedNodeIds.length === 0 || spec?.assignedNodeIds.includes(nodeId)),
  );
  const [size, setSize] = useState("20");
  const [storagePoolId, setPool] = useState("");
  const [bus, setBus] = useState(DiskDevice_Bus.BUS_UNKNOWN);
  const attach = async () => {
    const disk = { sizeGib: BigInt(size), storagePoolId, bus };
    told(s.attached, await client.attachDisk({ vmId: vm.id, disk, idempotencyKey: newKey() }));
  };
  return (
    <FormDialog
      title={s.attachTitle(vm.name)}
      submit={s.attachDo}
      blocked={isWhole(size) ? undefined : s.size}
      work={attach}
      onClose={onClose}
      fields={["sizeGib", "storagePoolId", "bus"]}
    >
      {(error) => (
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
            <Select value={storagePoolId} onChange={(event) => setPool(event.target.value)}>
              <option value="">{s.poolAuto}</option>
              {pools.map(({ id, name, status }) => (
                <option key={id} value={id}>
                  {name}
                  {status?.capacity && ` · ${s.free(bytes(status.capacity.availableBytes))}`}
                </option>
              ))}
            </Select>
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

export function DetachDiskDialog({ vm, disk, name, onClose }: OneDisk) {
  const client = useClient(VMService);
  const [sure, setSure] = useState(false);
  const detach = async () => {
    const request = { vmId: vm.id, diskId: disk.id, deleteVolume: true, idempotencyKey: newKey() };
    told(s.detached, await client.detachDisk(request));
  };
  return (
    <FormDialog
      title={s.detachTitle(name)}
      submit={s.detachDo}
      blocked={sure ? undefined : s.detachFirst}
      work={detach}
      onClose={onClose}
      look="danger"
    >
      {() => (
        <>
          <p>{s.detachText(Number(disk.sizeGib))}</p>
          <Checkbox label={s.detachSure} checked={sure} onChange={(event) => setSure(event.target.checked)} />
        </>
      )}
    </FormDialog>
  );
}

function isWhole(text: string): boolean {
  return /^[0-9]{1,6}$/.test(text) && Number(text) > 0;
}
