import { GroupService, type Group } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

const s = strings.access.groups;

/** Makes a group, or changes one's name and description. */
export function GroupDialog({ group, onClose, onDone }: { group?: Group; onClose: () => void; onDone: () => void }) {
  const client = useClient(GroupService);
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  return (
    <FormDialog
      title={group ? s.editTitle(group.name) : s.create}
      submit={group ? strings.common.save : s.create}
      done={group ? s.saved : s.created}
      fields={["name", "description"]}
      onClose={onClose}
      work={async () => {
        const wanted = { name: name.trim(), description };
        if (!group) await client.createGroup({ ...wanted, idempotencyKey: newKey() });
        else {
          await client.updateGroup({
            id: group.id,
            group: wanted,
            updateMask: { paths: ["name", "description"] },
            revision: group.revision,
            idempotencyKey: newKey(),
          });
        }
        onDone();
      }}
    >
      {(error) => (
        <>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <Input value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
