import { useConnection } from "../../../../api/context.tsx";
import { useRows } from "../../../../live/use-collection.ts";
import { strings } from "../../../../strings/index.ts";
import { Field, Input, Select, TextArea } from "../../../../ui/field.tsx";
import { FolderSelect } from "../../folder-select.tsx";
import type { StepProps } from "../step-props.ts";

const s = strings.createVm.name;

export function NameStep({ draft, change, fault }: StepProps) {
  const { inventory } = useConnection();
  const projects = useRows(inventory.project);
  const known = projects.some(({ id }) => id === draft.projectId);
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
          <Select value={draft.projectId} onChange={(event) => change({ projectId: event.target.value, folderId: "" })}>
            {!known && <option value={draft.projectId}>{draft.projectId}</option>}
            {projects.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
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
