import { strings } from "../../../../strings/index.ts";
import { ProjectSelect } from "../../../projects/project-select.tsx";
import { Field, Input, TextArea } from "../../../../ui/field.tsx";
import { FolderSelect } from "../../folder-select.tsx";
import type { StepProps } from "../step-props.ts";

const s = strings.createVm.name;

export function NameStep({ draft, change, fault }: StepProps) {
  return (
    <div className="flex flex-col gap-4">
      <Field label={s.name} hint={s.nameHint} error={fault("name")}>
        <Input
          autoFocus
          autoComplete="off"
          spellCheck={false}
          maxLength={63}
          value={draft.name}
          onChange={(event) => change({ name: event.target.value })}
        />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={s.project} error={fault("projectId")}>
          <ProjectSelect value={draft.projectId} onValue={(projectId) => change({ projectId, folderId: "" })} />
        </Field>
        <Field label={s.folder} error={fault("folderId")}>
          <FolderSelect
            projectId={draft.projectId}
            value={draft.folderId}
            onChange={(folderId) => change({ folderId })}
          />
        </Field>
      </div>
      <Field label={s.description} error={fault("description")}>
        <TextArea
          rows={2}
          maxLength={4096}
          value={draft.description}
          onChange={(event) => change({ description: event.target.value })}
        />
      </Field>
      <Field label={s.labels} hint={s.labelsHint} error={fault("labels")}>
        <TextArea
          rows={3}
          className="font-mono"
          spellCheck={false}
          value={draft.labels}
          onChange={(event) => change({ labels: event.target.value })}
        />
      </Field>
    </div>
  );
}
