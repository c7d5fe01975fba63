import { SnapshotScheduleService, type SnapshotSchedule } from "@limiquantix/api";
import { Pencil, Play, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts } from "../../ui/page.tsx";
import { SidePanel, SideSection } from "../../ui/side-panel.tsx";
import { Ago, At } from "../../ui/time.tsx";
import { NextInstants } from "./next-instants.tsx";
import { countsText, keepsText, outcomeOf, vmsText, zoneOf } from "./schedule-words.ts";

const s = strings.schedules;
const p = s.panel;

export interface SchedulePanelProps {
  schedule: SnapshotSchedule;
  onClose: () => void;
  onEdit: () => void;
  onDelete: () => void;
}

/** One schedule in full: what it is for, its next times, and what came of its last run. */
export function SchedulePanel({ schedule, onClose, onEdit, onDelete }: SchedulePanelProps) {
  const { id, name, spec, projectId, createdBy, description } = schedule;
  const client = useClient(SnapshotScheduleService);
  const { inventory } = useConnection();
  const snapshots = useRows(inventory.snapshot);
  const count = useMemo(() => snapshots.filter(({ scheduleId }) => scheduleId === id).length, [snapshots, id]);
  const [manage] = useCan([{ privilege: "schedule.manage", object: { kind: "schedule", id } }]);
  const run = useAction(() => client.runSnapshotSchedule({ id, idempotencyKey: newKey() }), { done: p.running(name) });
  const blocked = blockedBy(manage);
  const zone = zoneOf(spec);
  return (
    <SidePanel id={id} title={name} onClose={onClose}>
      <div className="flex flex-wrap gap-2">
        <Button icon={<Play size={14} />} busy={run.busy} blocked={blocked} onClick={() => void run.run()}>
          {p.run}
        </Button>
        <Button icon={<Pencil size={14} />} blocked={blocked} onClick={onEdit}>
          {p.edit}
        </Button>
        <Button look="danger" icon={<Trash2 size={14} />} blocked={blocked} onClick={onDelete}>
          {p.delete}
        </Button>
      </div>
      <Facts
        facts={[
          [s.columns.when, <code key="cron">{`${spec?.cron ?? ""} (${zone})`}</code>],
          [s.columns.vms, vmsText(schedule)],
          [s.columns.keeps, keepsText(schedule)],
          [p.memory, spec?.includeMemory ? p.yes : p.no],
          [p.quiesce, spec?.quiesce ? p.yesQuiesce : p.no],
          [p.snapshots, p.snapshotsText(count)],
          [
            s.columns.project,
            <ObjectLink key="project" object={{ kind: "project", id: projectId, name: projectName() }} />,
          ],
          [p.by, createdBy],
          ...(description ? [[p.description, description] as const] : []),
        ]}
      />
      <SideSection title={p.next}>
        {spec?.isEnabled ? <NextInstants schedule={schedule} /> : <p className="text-muted">{p.offText}</p>}
      </SideSection>
      <LastRun schedule={schedule} />
    </SidePanel>
  );

  function projectName(): string {
    return inventory.project.get(projectId)?.name ?? projectId;
  }
}

function LastRun({ schedule: { status } }: { schedule: SnapshotSchedule }) {
  const run = status?.lastRun;
  if (!run) {
    return (
      <SideSection title={p.last}>
        <p className="text-muted">{p.noRun}</p>
      </SideSection>
    );
  }
  const { problems, moreProblems } = run;
  return (
    <>
      <SideSection title={p.last}>
        <div className="flex flex-wrap items-center gap-x-3">
          <StateDot {...outcomeOf(run)} />
          <Ago at={run.startedAt} />
          {run.manual && <span className="text-muted">{p.asked}</span>}
        </div>
        <p>{countsText(run)}</p>
        <p className="text-muted">
          <At at={run.scheduledFor} />
        </p>
      </SideSection>
      {problems.length > 0 && (
        <SideSection title={p.problems}>
          <ul className="flex flex-col gap-2">
            {problems.map(({ vmId, vmName, message }, at) => (
              <li key={`${vmId} ${at}`} className="break-words">
                {vmId && (
                  <span className="font-medium">
                    <ObjectLink object={{ kind: "vm", id: vmId, name: vmName }} />:{" "}
                  </span>
                )}
                {message}
              </li>
            ))}
            {moreProblems > 0 && <li className="text-muted">{p.more(moreProblems)}</li>}
          </ul>
        </SideSection>
      )}
    </>
  );
}
