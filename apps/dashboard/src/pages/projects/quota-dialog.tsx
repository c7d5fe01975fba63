import { ProjectService, type Project } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { limits, type Limit } from "./limits.ts";

const s = strings.projects;
const mibOfGib = 1024;

/** What a project may have at most. An empty field has no limit. */
export function QuotaDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useClient(ProjectService);
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(limits.map((limit) => [limit.id, shown(limit, project)])),
  );
  const wrong = (id: string) => !/^\d{0,9}$/.test((texts[id] ?? "").trim());
  const value = (id: Limit["id"]) => {
    const text = (texts[id] ?? "").trim();
    return text === "" ? undefined : Number(text);
  };
  return (
    <FormDialog
      title={s.quotaTitle(project.name)}
      description={s.quotaText}
      submit={strings.common.save}
      done={s.quotaSaved}
      blocked={limits.some(({ id }) => wrong(id)) ? s.numberWrong : undefined}
      onClose={onClose}
      work={() => {
        const [vms, vcpus, memory, storage, addresses] = limits.map(({ id }) => value(id));
        return client.updateProject({
          id: project.id,
          project: {
            quota: {
              ...(vms !== undefined && { vms }),
              ...(vcpus !== undefined && { vcpus }),
              ...(memory !== undefined && { memoryMib: BigInt(memory * mibOfGib) }),
              ...(storage !== undefined && { storageGib: BigInt(storage) }),
              ...(addresses !== undefined && { floatingAddresses: addresses }),
            },
          },
          updateMask: { paths: ["quota"] },
          revision: project.revision,
          idempotencyKey: newKey(),
        });
      }}
    >
      {() => (
        <div className="grid gap-4 sm:grid-cols-2">
          {limits.map((limit) => (
            <Field
              key={limit.id}
              label={s.limits[limit.id]}
              hint={s.now(limit.format(limit.used(project)))}
              error={wrong(limit.id) ? s.numberWrong : undefined}
            >
              <Input
                inputMode="numeric"
                placeholder={s.noLimit}
                value={texts[limit.id] ?? ""}
                onChange={(event) => setTexts({ ...texts, [limit.id]: event.target.value })}
              />
            </Field>
          ))}
        </div>
      )}
    </FormDialog>
  );
}

/** Memory is asked for in GiB; what was set in another unit by the API is rounded up. */
function shown(limit: Limit, project: Project): string {
  const most = limit.most(project);
  if (most === undefined) return "";
  return String(limit.id === "memory" ? Math.ceil(most / mibOfGib) : most);
}
