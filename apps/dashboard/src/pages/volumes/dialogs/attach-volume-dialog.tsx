import { VolumeService, type VirtualMachine } from "@limiquantix/api";
import { useMemo, useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow, useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Field, Input, Select } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { poolHas } from "../../pools/pool-choice.ts";
import { blockedByState, deviceBlocked } from "../../vms/vm-actions.ts";
import { homeNode } from "../home-node.ts";
import { vmsOf } from "../volume-state.ts";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

const s = strings.volumes.attachDialog;
const mostShown = 200;

/** To a VM of its project whose host reaches its pool. */
export function AttachVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const { inventory } = useConnection();
  const all = useRows(inventory.vm);
  const pool = useRow(inventory.pool, volume.spec?.storagePoolId ?? "");
  const [text, setText] = useState("");
  const [vmId, setVm] = useState("");
  const home = homeNode(volume, pool, undefined);
  const fitting = useMemo(() => {
    const reaches = ({ status }: VirtualMachine) =>
      poolHas(pool, status?.nodeId ?? "") && (home === "" || home === status?.nodeId);
    const holders = new Set(vmsOf(volume));
    const can = (vm: VirtualMachine) =>
      !holders.has(vm.id) && !blockedByState(vm, "edit") && !deviceBlocked(vm) && !vm.isTemplate;
    return all
      .filter((vm) => vm.projectId === volume.projectId && can(vm) && reaches(vm))
      .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }, [all, pool, home, volume]);
  const sharing = vmsOf(volume).map((id) => inventory.vm.get(id)?.name ?? id);
  const found = fitting.filter(({ id, name }) => id === vmId || name.toLowerCase().includes(text.trim().toLowerCase()));
  const vm = inventory.vm.get(vmId);
  return (
    <FormDialog
      title={s.title(volume.name)}
      submit={s.do}
      done={s.done(vm?.name ?? "")}
      blocked={vmId ? undefined : fitting.length === 0 ? s.none : s.choose}
      work={() => client.attachVolume({ volumeId: volume.id, vmId, idempotencyKey: newKey() })}
      onClose={onClose}
      fields={["vmId"]}
    >
      {(error) => (
        <>
          <p className="text-muted">{s.text}</p>
          {sharing.length > 0 && <p className="text-warn">{s.shared(sharing.join(", "))}</p>}
          {fitting.length > 12 && (
            <Input
              type="search"
              autoFocus
              aria-label={s.search}
              placeholder={s.search}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
          <Field
            label={s.vm}
            hint={
              fitting.length === 0 ? s.none : found.length > mostShown ? s.more(found.length - mostShown) : undefined
            }
            error={error("vmId")}
          >
            <Select value={vmId} onChange={(event) => setVm(event.target.value)}>
              <option value="">{s.choose}</option>
              {found.slice(0, mostShown).map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
        </>
      )}
    </FormDialog>
  );
}
