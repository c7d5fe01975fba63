import { VMService } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Checkbox, Field, Input, Select } from "../../../ui/field.tsx";
import { FolderSelect } from "../folder-select.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.clone;

/** Another VM with copies of this one's disks. */
export function CloneDialog({ vm, onClose }: VmDialogProps) {
  const client = useClient(VMService);
  const navigate = useNavigate();
  const { inventory } = useConnection();
  const projects = useRows(inventory.project);
  const [name, setName] = useState(`${vm.name.slice(0, 56)}-clone`);
  const [projectId, setProject] = useState(vm.projectId);
  const [folderId, setFolder] = useState(vm.folderId);
  const [startOnCreate, setStart] = useState(false);
  const gib = (vm.spec?.disks ?? []).reduce((sum, { sizeGib }) => sum + Number(sizeGib), 0);
  const clone = async () => {
    const place = { name, projectId, folderId, startOnCreate };
    const { vm: made } = await client.cloneVM({ sourceVmId: vm.id, ...place, idempotencyKey: newKey() });
    if (made) void navigate({ to: `/vms/${made.id}` } as never);
  };
  return (
    <FormDialog
      title={s.title(vm.name)}
      submit={s.do}
      work={clone}
      onClose={onClose}
      fields={["name", "projectId", "folderId"]}
    >
      {(error) => (
        <>
          <p className="text-muted">{s.text(gib)}</p>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus required maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.project} error={error("projectId")}>
            <Select
              value={projectId}
              onChange={(event) => {
                setProject(event.target.value);
                setFolder("");
              }}
            >
              {projects.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={s.folder} error={error("folderId")}>
            <FolderSelect projectId={projectId} value={folderId} onChange={setFolder} />
          </Field>
          <Checkbox label={s.start} checked={startOnCreate} onChange={(event) => setStart(event.target.checked)} />
        </>
      )}
    </FormDialog>
  );
}
