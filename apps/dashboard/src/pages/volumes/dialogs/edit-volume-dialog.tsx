import { VolumeService } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { Field, Input, TextArea } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { labelsText, parseLabels } from "../../vms/labels.ts";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

const s = strings.volumes.editDialog;

/** What people call a volume and how they find it. */
export function EditVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const [{ id, revision }] = useState(volume);
  const [name, setName] = useState(volume.name);
  const [description, setDescription] = useState(volume.description);
  const [text, setText] = useState(labelsText(volume.labels));
  const parsed = parseLabels(text);
  const fault = "fault" in parsed ? parsed.fault : undefined;
  const save = () =>
    client.updateVolume({
      id,
      revision,
      name,
      description,
      labels: "labels" in parsed ? parsed.labels : {},
      updateMask: { paths: ["name", "description", "labels"] },
      idempotencyKey: newKey(),
    });
  return (
    <FormDialog
      title={s.title(volume.name)}
      submit={s.do}
      done={s.done}
      blocked={fault}
      work={save}
      onClose={onClose}
      fields={["name", "description", "labels"]}
    >
      {(error) => (
        <>
          <Field label={s.name} error={error("name")}>
            <Input autoFocus maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <TextArea rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
          <Field label={s.labels} hint={s.labelsHint} error={fault ?? error("labels")}>
            <TextArea
              rows={3}
              spellCheck={false}
              className="font-mono text-[12px]"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
