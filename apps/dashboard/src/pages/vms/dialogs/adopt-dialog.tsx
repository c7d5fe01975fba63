import { VMService } from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { ProjectSelect } from "../../projects/project-select.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { FolderSelect } from "../folder-select.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

/** Takes a VM that was found on its host under management. */
export function AdoptDialog({ vm, onClose }: VmDialogProps) {
  const s = strings.vm.adopt;
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const projects = useRows(inventory.project);
  const first = projects.find(({ name }) => name === "default") ?? projects[0];
  const [chosen, setChosen] = useState("");
  const projectId = chosen || (first?.id ?? "");
  const [folderId, setFolderId] = useState("");
  const adopt = async () => {
    await client.adoptVM({ id: vm.id, projectId, folderId, idempotencyKey: newKey() });
    toast.success(s.done(vm.name));
  };
  return (
    <FormDialog
      title={s.title(vm.name)}
      submit={s.do}
      work={adopt}
      onClose={onClose}
      fields={["projectId", "folderId"]}
    >
      {(error) => (
        <>
          <p className="text-muted">{s.text}</p>
          <Field label={s.project} error={error("projectId")}>
            <ProjectSelect
              value={projectId}
              onValue={(id) => {
                setChosen(id);
                setFolderId("");
              }}
            />
          </Field>
          <Field label={s.folder} error={error("folderId")}>
            <FolderSelect projectId={projectId} value={folderId} onChange={setFolderId} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
