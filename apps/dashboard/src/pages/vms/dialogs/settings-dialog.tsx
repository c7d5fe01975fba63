import { VMService } from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { Field, Input, TextArea } from "../../../ui/field.tsx";
import { FolderSelect } from "../folder-select.tsx";
import { labelsText, parseLabels } from "../labels.ts";
import type { VmDialogProps } from "./vm-dialog.tsx";

/** What people call a VM and how they find it. Only what was changed is sent. */
export function SettingsDialog({ vm, onClose }: VmDialogProps) {
  const s = strings.vm.settings;
  const client = useClient(VMService);
  const [name, setName] = useState(vm.name);
  const [description, setDescription] = useState(vm.description);
  const [labelText, setLabelText] = useState(labelsText(vm.labels));
  const [folderId, setFolderId] = useState(vm.folderId);
  const parsed = parseLabels(labelText);
  const labels = "labels" in parsed ? parsed.labels : undefined;
  const fault = "fault" in parsed ? parsed.fault : undefined;
  const paths = [
    name !== vm.name && "name",
    description !== vm.description && "description",
    labels && labelsText(labels) !== labelsText(vm.labels) && "labels",
    folderId !== vm.folderId && "folder_id",
  ].filter((path) => typeof path === "string");
  const save = async () => {
    const change = { name, description, labels: labels ?? {}, folderId };
    await client.updateVM({ id: vm.id, ...change, updateMask: { paths }, idempotencyKey: newKey() });
    toast.success(s.done);
  };
  return (
    <FormDialog
      title={s.title(vm.name)}
      submit={strings.common.save}
      blocked={fault ?? (paths.length === 0 ? s.noChange : undefined)}
      work={save}
      onClose={onClose}
      fields={["name", "description", "labels", "folderId"]}
    >
      {(error) => (
        <>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus value={name} maxLength={63} required onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <TextArea
              rows={3}
              maxLength={4096}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          </Field>
          <Field label={s.labels} hint={s.labelsHint} error={fault ?? error("labels")}>
            <TextArea
              rows={3}
              spellCheck={false}
              className="font-mono text-[12px]"
              value={labelText}
              onChange={(event) => setLabelText(event.target.value)}
            />
          </Field>
          <Field label={s.folder} error={error("folderId")}>
            <FolderSelect projectId={vm.projectId} value={folderId} onChange={setFolderId} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
