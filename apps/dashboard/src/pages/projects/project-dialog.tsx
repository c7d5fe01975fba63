import { ProjectService, type Project } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input, TextArea } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

const s = strings.projects;

/** Makes a project, or changes the name, description and labels of one. */
export function ProjectDialog({ project, onClose }: { project?: Project; onClose: () => void }) {
  const client = useClient(ProjectService);
  const [name, setName] = useState(project?.name ?? "");
  const [description, setDescription] = useState(project?.description ?? "");
  const [labels, setLabels] = useState(() =>
    Object.entries(project?.labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join("\n"),
  );
  const parsed = parseLabels(labels);
  return (
    <FormDialog
      title={project ? s.editTitle(project.name) : s.create}
      submit={project ? strings.common.save : s.create}
      done={project ? s.saved : s.created}
      fields={["name", "description"]}
      blocked={parsed.wrong === undefined ? undefined : s.labelWrong(parsed.wrong)}
      onClose={onClose}
      work={() => {
        const wanted = { name: name.trim(), description, labels: parsed.labels };
        if (!project) return client.createProject({ ...wanted, idempotencyKey: newKey() });
        return client.updateProject({
          id: project.id,
          project: wanted,
          updateMask: { paths: ["name", "description", "labels"] },
          revision: project.revision,
          idempotencyKey: newKey(),
        });
      }}
    >
      {(error) => (
        <>
          <Field label={s.name} hint={s.nameHint} error={error("name")}>
            <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.description} error={error("description")}>
            <Input value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
          <Field
            label={s.labels}
            hint={s.labelsHint}
            error={parsed.wrong === undefined ? undefined : s.labelWrong(parsed.wrong)}
          >
            <TextArea rows={3} value={labels} onChange={(event) => setLabels(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}

/** `wrong`: the first line that is not key=value. */
function parseLabels(text: string): { labels: Record<string, string>; wrong?: string } {
  const labels: Record<string, string> = {};
  for (const line of text.split("\n").map((line) => line.trim())) {
    if (!line) continue;
    const [key = "", ...value] = line.split("=");
    if (!key || value.length === 0) return { labels, wrong: line };
    labels[key.trim()] = value.join("=").trim();
  }
  return { labels };
}
