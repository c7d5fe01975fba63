import { VMService, type Snapshot } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { Field, Input, TextArea } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import type { VmDialogProps } from "../dialogs/vm-dialog.tsx";

const s = strings.snapshots.editDialog;
const most = 80;

/** Name and notes; a schedule's snapshot is kept once it has another name. */
export function EditSnapshotDialog({ vm, snapshot, onClose }: VmDialogProps & { snapshot: Snapshot }) {
  const client = useClient(VMService);
  const [name, setName] = useState(snapshot.name);
  const [description, setDescription] = useState(snapshot.description);
  const wanted = name.trim();
  const save = () =>
    client.updateSnapshot({
      vmId: vm.id,
      snapshotId: snapshot.id,
      name: wanted,
      description,
      idempotencyKey: newKey(),
    });
  return (
    <FormDialog
      title={s.title(snapshot.name)}
      submit={s.do}
      done={s.done(wanted)}
      blocked={wanted === "" ? s.need : undefined}
      work={save}
      onClose={onClose}
      fields={["name", "description"]}
    >
      {(error) => (
        <>
          <Field label={s.name} hint={snapshot.scheduleId ? s.keeps : undefined} error={error("name")}>
            <Input autoFocus maxLength={most} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <TextArea rows={2} value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
