import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { SnapshotScheduleService, type SnapshotSchedule } from "@limiquantix/api";
import { useDeferredValue, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { defaultProject } from "../../api/default-project.ts";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { Checkbox, Field, Input, Select, TextArea } from "../../ui/field.tsx";
import { fieldErrors, FormDialog, type FieldErrors } from "../../ui/form-dialog.tsx";
import { ProjectSelect } from "../projects/project-select.tsx";
import { InstantList, useInstants } from "./next-instants.tsx";
import { draftOf, faultOf, patterns, specOf, type PatternName, type ScheduleDraft } from "./schedule-draft.ts";
import { VmChoice } from "./vm-choice.tsx";

const s = strings.schedules.form;

/** All but whether it is on: that is the switch's. */
const specPaths = [
  "cron",
  "time_zone",
  "vm_ids",
  "label_selector",
  "all_vms",
  "include_memory",
  "quiesce",
  "keep_last",
  "keep_for_hours",
].map((name) => `spec.${name}`);

/** A new schedule, or what one is. */
export function ScheduleDialog({ schedule, onClose }: { schedule?: SnapshotSchedule; onClose: () => void }) {
  const client = useClient(SnapshotScheduleService);
  const [draft, setDraft] = useState(() => draftOf(schedule, defaultProject));
  const change = (part: Partial<ScheduleDraft>) => setDraft((before) => ({ ...before, ...part }));
  const name = draft.name.trim();
  const save = () => {
    const about = { name, description: draft.description, idempotencyKey: newKey() };
    if (!schedule) {
      const spec = { ...specOf(draft), isEnabled: true };
      return client.createSnapshotSchedule({ ...about, projectId: draft.projectId, spec });
    }
    const updateMask = create(FieldMaskSchema, { paths: ["name", "description", ...specPaths] });
    return client.updateSnapshotSchedule({ ...about, id: schedule.id, spec: specOf(draft), updateMask });
  };
  return (
    <FormDialog
      wide
      title={schedule ? s.edit(schedule.name) : s.create}
      submit={schedule ? s.save : strings.schedules.create}
      done={schedule ? s.saved(name) : s.made(name)}
      blocked={faultOf(draft)}
      work={save}
      onClose={onClose}
      fields={[
        "name",
        "projectId",
        "description",
        "cron",
        "timeZone",
        "vmIds",
        "labelSelector",
        "keepLast",
        "keepForHours",
      ]}
    >
      {(error) => (
        <>
          <Field label={s.name} hint={s.nameHint} error={error("name")}>
            <Input
              maxLength={50}
              autoComplete="off"
              value={draft.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          </Field>
          {!schedule && (
            <Field label={s.project} error={error("projectId")}>
              <ProjectSelect value={draft.projectId} onValue={(projectId) => change({ projectId, vmIds: [] })} />
            </Field>
          )}
          <When draft={draft} change={change} error={error} />
          <Who draft={draft} change={change} error={error} />
          <Checkbox
            label={s.memory}
            hint={s.memoryHint}
            checked={draft.includeMemory}
            onChange={(event) => change({ includeMemory: event.target.checked })}
          />
          <Checkbox
            label={s.quiesce}
            hint={s.quiesceHint}
            checked={draft.quiesce}
            onChange={(event) => change({ quiesce: event.target.checked })}
          />
          <Retention draft={draft} change={change} error={error} />
          <Field label={s.description} error={error("description")}>
            <TextArea
              rows={2}
              value={draft.description}
              onChange={(event) => change({ description: event.target.value })}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}

interface PartProps {
  draft: ScheduleDraft;
  change: (part: Partial<ScheduleDraft>) => void;
  error: FieldErrors;
}

/** The pattern, its zone, and what they come to. */
function When({ draft, change, error }: PartProps) {
  const { cron, timeZone } = draft;
  const known = (Object.keys(patterns) as (keyof typeof patterns)[]).find((one) => patterns[one] === cron);
  const [choice, setChoice] = useState<PatternName>(known ?? "own");
  const { dates, problem } = useInstants(useDeferredValue(cron), useDeferredValue(timeZone));
  const wrong = fieldErrors(problem);
  const choose = (value: PatternName) => {
    setChoice(value);
    if (value !== "own") change({ cron: patterns[value] });
  };
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={s.often}>
          <Select value={choice} onChange={(event) => choose(event.target.value as PatternName)}>
            {(Object.keys(s.choices) as PatternName[]).map((one) => (
              <option key={one} value={one}>
                {s.choices[one]}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={s.zone} error={error("timeZone") ?? wrong("timeZone")}>
          <Select value={timeZone} onChange={(event) => change({ timeZone: event.target.value })}>
            {zones(timeZone).map((zone) => (
              <option key={zone} value={zone}>
                {zone}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      {choice === "own" && (
        <Field label={s.cron} hint={s.cronHint} error={error("cron") ?? wrong("cron")}>
          <Input
            className="font-mono"
            autoComplete="off"
            spellCheck={false}
            value={cron}
            onChange={(event) => change({ cron: event.target.value })}
          />
        </Field>
      )}
      {!problem && (
        <section aria-label={s.preview} className="rounded-md border border-line bg-hover p-3">
          <h3 className="mb-1 font-medium">{s.preview}</h3>
          <InstantList dates={dates} timeZone={timeZone} />
        </section>
      )}
    </>
  );
}

/** Those that the browser knows, and the one that is chosen. */
function zones(chosen: string): string[] {
  return [...new Set(["UTC", chosen, ...Intl.supportedValuesOf("timeZone")])];
}

function Who({ draft, change, error }: PartProps) {
  const { who, projectId, labels, vmIds } = draft;
  return (
    <>
      <Field label={s.who} error={who === "all" ? error("vmIds") : undefined}>
        <Select value={who} onChange={(event) => change({ who: event.target.value as ScheduleDraft["who"] })}>
          <option value="all">{s.whoAll}</option>
          <option value="labels">{s.whoLabels}</option>
          <option value="vms">{s.whoVms}</option>
        </Select>
      </Field>
      {who === "labels" && (
        <Field label={s.labels} hint={s.labelsHint} error={error("labelSelector")}>
          <TextArea
            rows={2}
            className="font-mono"
            value={labels}
            onChange={(event) => change({ labels: event.target.value })}
          />
        </Field>
      )}
      {who === "vms" && (
        <VmChoice
          projectId={projectId}
          chosen={vmIds}
          onChange={(chosen) => change({ vmIds: chosen })}
          error={error("vmIds")}
        />
      )}
    </>
  );
}

function Retention({ draft, change, error }: PartProps) {
  const { keepLast, keepForHours } = draft;
  const isAll = Number(keepLast) === 0 && Number(keepForHours) === 0;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{s.keep}</legend>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={s.keepLast} hint={s.keepLastHint} error={error("keepLast")}>
          <Input
            type="number"
            min={0}
            max={60}
            value={keepLast}
            onChange={(event) => change({ keepLast: event.target.value })}
          />
        </Field>
        <Field label={s.keepFor} hint={s.keepForHint} error={error("keepForHours")}>
          <Input
            type="number"
            min={0}
            max={87_600}
            value={keepForHours}
            onChange={(event) => change({ keepForHours: event.target.value })}
          />
        </Field>
      </div>
      {isAll && <p className="text-warn">{s.keepAll}</p>}
    </fieldset>
  );
}
