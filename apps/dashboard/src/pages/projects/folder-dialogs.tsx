import { FolderService, type Folder, type Project } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Checkbox, Field, Input, Select } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

const s = strings.projects.folders;

interface CreateProps {
  project: Project;
  parent: Folder | undefined;
  onClose: () => void;
}

export function CreateFolder({ project, parent, onClose }: CreateProps) {
  const client = useClient(FolderService);
  const [name, setName] = useState("");
  const where = parent ? { parentId: parent.id } : { projectId: project.id };
  return (
    <FormDialog
      title={s.createIn(parent?.name ?? project.name)}
      submit={s.create}
      done={s.created}
      fields={["name"]}
      onClose={onClose}
      work={() => client.createFolder({ name: name.trim(), ...where, idempotencyKey: newKey() })}
    >
      {(error) => (
        <Field label={s.name} error={error("name")}>
          <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      )}
    </FormDialog>
  );
}

export function RenameFolder({ folder, onClose }: { folder: Folder; onClose: () => void }) {
  const client = useClient(FolderService);
  const [name, setName] = useState(folder.name);
  const [description, setDescription] = useState(folder.description);
  return (
    <FormDialog
      title={s.renameTitle(folder.name)}
      submit={s.rename}
      done={s.saved}
      fields={["name", "description"]}
      onClose={onClose}
      work={() =>
        client.updateFolder({
          id: folder.id,
          name: name.trim(),
          description,
          revision: folder.revision,
          idempotencyKey: newKey(),
        })
      }
    >
      {(error) => (
        <>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={strings.projects.description} error={error("description")}>
            <Input value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}

interface MoveProps {
  folder: Folder;
  tree: readonly { folder: Folder; depth: number }[];
  onClose: () => void;
}

export function MoveFolder({ folder, tree, onClose }: MoveProps) {
  const client = useClient(FolderService);
  const [parentId, setParentId] = useState(folder.parentId);
  // Not into itself, nor into what is in it.
  const inside = new Set([folder.id]);
  for (const { folder: other } of tree) if (inside.has(other.parentId)) inside.add(other.id);
  return (
    <FormDialog
      title={s.moveTitle(folder.name)}
      submit={s.move}
      done={s.saved}
      fields={["parentId"]}
      onClose={onClose}
      work={() => client.updateFolder({ id: folder.id, parentId, revision: folder.revision, idempotencyKey: newKey() })}
    >
      {(error) => (
        <Field label={s.moveTo} error={error("parentId")}>
          <Select value={parentId} onChange={(event) => setParentId(event.target.value)}>
            <option value="">{s.top}</option>
            {tree
              .filter(({ folder }) => !inside.has(folder.id))
              .map(({ folder, depth }) => (
                <option key={folder.id} value={folder.id}>
                  {"\u2003".repeat(depth) + folder.name}
                </option>
              ))}
          </Select>
        </Field>
      )}
    </FormDialog>
  );
}

export function DeleteFolder({ folder, onClose }: { folder: Folder; onClose: () => void }) {
  const client = useClient(FolderService);
  const [force, setForce] = useState(false);
  return (
    <FormDialog
      title={s.deleteTitle(folder.name)}
      submit={s.delete}
      look="danger"
      done={s.deleted}
      onClose={onClose}
      work={() => client.deleteFolder({ id: folder.id, force, idempotencyKey: newKey() })}
    >
      {() => (
        <Checkbox
          label={s.force}
          hint={s.forceHint}
          checked={force}
          onChange={(event) => setForce(event.target.checked)}
        />
      )}
    </FormDialog>
  );
}
