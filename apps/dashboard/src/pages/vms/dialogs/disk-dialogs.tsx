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
import { besides, fieldError } from "../../../api/field-error.ts";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
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
  const attach = useAction(
    async () => {
      const disk = { sizeGib: BigInt(size), storagePoolId, bus };
      told(s.attached, await client.attachDisk({ vmId: vm.id, disk, idempotencyKey: newKey() }));
      onClose();
    },
    { quiet: true },
  );
  // The server names the disk by its place in the VM's spec.
  const at = `spec.disks[${vm.spec?.disks.length ?? 0}]`;
  const fields = ["sizeGib", "storagePoolId", "bus"].flatMap((name) => [`${at}.${name}`, `disk.${name}`]);
  const errorOf = (name: string) => fieldError(attach.problem, `${at}.${name}`, `disk.${name}`);
  return (
    <ConfirmDialog
      title={s.attachTitle(vm.name)}
      action={s.attachDo}
      danger={false}
      busy={attach.busy}
      blocked={isWhole(size) ? undefined : s.size}
      problem={besides(attach.problem, ...fields)}
      onConfirm={() => void attach.run()}
      onClose={onClose}
    >
      <Field label={s.size} error={errorOf("sizeGib")}>
        <Input
          type="number"
          min={1}
          max={65_536}
          required
          value={size}
          onChange={(event) => setSize(event.target.value)}
        />
      </Field>
      <Field label={s.pool} error={errorOf("storagePoolId")}>
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
      <Field label={s.bus} error={errorOf("bus")}>
        <Select value={bus} onChange={(event) => setBus(Number(event.target.value))}>
          <option value={DiskDevice_Bus.BUS_UNKNOWN}>{s.busAuto}</option>
          {buses.slice(1).map((value) => (
            <option key={value} value={value}>
              {diskBus[value]}
            </option>
          ))}
        </Select>
      </Field>
    </ConfirmDialog>
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
  const grow = useAction(
    async () => {
      const request = { vmId: vm.id, diskId: disk.id, newSizeGib: BigInt(size), idempotencyKey: newKey() };
      told(s.grown, await client.resizeDisk(request));
      onClose();
    },
    { quiet: true },
  );
  return (
    <ConfirmDialog
      title={s.growTitle(name)}
      action={s.growDo}
      danger={false}
      busy={grow.busy}
      blocked={isWhole(size) && Number(size) > now ? undefined : s.growHint(now)}
      problem={besides(grow.problem, "newSizeGib")}
      onConfirm={() => void grow.run()}
      onClose={onClose}
    >
      <Field label={s.newSize} hint={s.growHint(now)} error={fieldError(grow.problem, "newSizeGib")}>
        <Input
          type="number"
          min={now + 1}
          max={65_536}
          required
          value={size}
          onChange={(event) => setSize(event.target.value)}
        />
      </Field>
    </ConfirmDialog>
  );
}

export function DetachDiskDialog({ vm, disk, name, onClose }: OneDisk) {
  const client = useClient(VMService);
  const [sure, setSure] = useState(false);
  const detach = useAction(
    async () => {
      const request = { vmId: vm.id, diskId: disk.id, deleteVolume: true, idempotencyKey: newKey() };
      told(s.detached, await client.detachDisk(request));
      onClose();
    },
    { quiet: true },
  );
  return (
    <ConfirmDialog
      title={s.detachTitle(name)}
      action={s.detachDo}
      busy={detach.busy}
      blocked={sure ? undefined : s.detachFirst}
      problem={detach.problem}
      onConfirm={() => void detach.run()}
      onClose={onClose}
    >
      <p>{s.detachText(Number(disk.sizeGib))}</p>
      <Checkbox label={s.detachSure} checked={sure} onChange={(event) => setSure(event.target.checked)} />
    </ConfirmDialog>
  );
}

function isWhole(text: string): boolean {
  return /^[0-9]{1,6}$/.test(text) && Number(text) > 0;
}
