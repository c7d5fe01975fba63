import { VMService } from "@limiquantix/api";
import { useMemo, useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { besides, fieldError } from "../../../api/field-error.ts";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
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
  const move = useAction(
    async () => {
      await client.updateVM({ id: vm.id, folderId, updateMask: { paths: ["folder_id"] }, idempotencyKey: newKey() });
      toast.success(s.done(vm.name));
      onClose();
    },
    { quiet: true },
  );
  return (
    <ConfirmDialog
      title={s.title(vm.name)}
      action={s.do}
      danger={false}
      busy={move.busy}
      blocked={folderId === vm.folderId ? strings.vm.settings.noChange : undefined}
      problem={besides(move.problem, "folderId")}
      onConfirm={() => void move.run()}
      onClose={onClose}
    >
      <Field label={`${s.folder} (${project?.name ?? ""})`} hint={s.text} error={fieldError(move.problem, "folderId")}>
        <FolderSelect projectId={vm.projectId} value={folderId} onChange={setFolderId} autoFocus />
      </Field>
    </ConfirmDialog>
  );
}
