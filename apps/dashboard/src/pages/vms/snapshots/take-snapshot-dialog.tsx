import { VMService } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Checkbox, Field, Input, TextArea } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { memory } from "../../../ui/units.ts";
import type { VmDialogProps } from "../dialogs/vm-dialog.tsx";
import { stateName } from "../vm-state.ts";
import { takeBlocked } from "./snapshot-blocked.ts";
import { useSnapshotsOf } from "./use-snapshots-of.ts";

const s = strings.snapshots.takeDialog;
const most = 80;

export function TakeSnapshotDialog({ vm, onClose }: VmDialogProps) {
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const all = useSnapshotsOf(vm.id);
  const [name, setName] = useState(() => stamped(new Date()));
  const [description, setDescription] = useState("");
  const [wantsMemory, setMemory] = useState(false);
  const [wantsQuiesce, setQuiesce] = useState(false);
  const state = stateName(vm);
  const runs = state === "RUNNING" || state === "PAUSED";
  const includeMemory = runs && wantsMemory;
  const quiesce = state === "RUNNING" && wantsQuiesce && !includeMemory;
  const why = takeBlocked(vm, all, pools);
  const take = () => {
    const about = { name: name.trim(), description, includeMemory, quiesce };
    return client.createSnapshot({ vmId: vm.id, ...about, idempotencyKey: newKey() });
  };
  return (
    <FormDialog
      title={s.title(vm.name)}
      submit={s.do}
      done={s.done(name.trim())}
      blocked={why ?? (name.trim() === "" ? s.need : undefined)}
      work={take}
      onClose={onClose}
      fields={["name", "description"]}
    >
      {(error) => (
        <>
          {why && <p className="text-warn">{why}</p>}
          <Field label={s.name} error={error("name")}>
            <Input autoFocus maxLength={most} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <TextArea rows={2} value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
          <Checkbox
            label={s.memory}
            hint={runs ? s.memoryHint(memory(Number(vm.spec?.memory?.sizeMib ?? 0n))) : s.memoryOff}
            disabled={!runs}
            checked={includeMemory}
            onChange={(event) => setMemory(event.target.checked)}
          />
          <Checkbox
            label={s.quiesce}
            hint={state !== "RUNNING" ? s.quiesceOff : includeMemory ? s.quiesceMemory : s.quiesceHint}
            disabled={state !== "RUNNING" || includeMemory}
            checked={quiesce}
            onChange={(event) => setQuiesce(event.target.checked)}
          />
        </>
      )}
    </FormDialog>
  );
}

/** A name that says when: one can type over it. */
function stamped(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
