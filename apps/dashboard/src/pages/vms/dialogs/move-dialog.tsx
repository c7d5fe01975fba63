import { VMService } from "@limiquantix/api";
import { useMemo, useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { FolderSelect } from "../folder-select.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

export function MoveDialog({ vm, onClose }: VmDialogProps) {
  const s = strings.vm.move;
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const projects = useRows(inventory.project);
  const [folderId, setFolderId] = useState(vm.folderId);
  const project = useMemo(() => projects.find(({ id }) => id === vm.projectId), [projects, vm.projectId]);
  const move = async () => {
    await client.updateVM({ id: vm.id, folderId, updateMask: { paths: ["folder_id"] }, idempotencyKey: newKey() });
    toast.success(s.done(vm.name));
  };
  return (
    <FormDialog
      title={s.title(vm.name)}
      submit={s.do}
      blocked={folderId === vm.folderId ? strings.vm.settings.noChange : undefined}
      work={move}
      onClose={onClose}
      fields={["folderId"]}
    >
      {(error) => (
        <>
          <Field label={`${s.folder} (${project?.name ?? ""})`} hint={s.text} error={error("folderId")}>
            <FolderSelect projectId={vm.projectId} value={folderId} onChange={setFolderId} autoFocus />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
