import { SnapshotScheduleService, type SnapshotSchedule } from "@limiquantix/api";
import { toast } from "sonner";
import { useClient } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { useCan } from "../../api/use-can.ts";
import { strings } from "../../strings/index.ts";

const s = strings.schedules;

/** On or off, where one may. */
export function ScheduleSwitch({ schedule }: { schedule: SnapshotSchedule }) {
  const { id, name, spec } = schedule;
  const client = useClient(SnapshotScheduleService);
  const [manage] = useCan([{ privilege: "schedule.manage", object: { kind: "schedule", id } }]);
  const isEnabled = spec?.isEnabled ?? false;
  const { run, busy } = useAction(async (wanted: boolean) => {
    const updateMask = { paths: ["spec.is_enabled"] };
    await client.updateSnapshotSchedule({ id, spec: { isEnabled: wanted }, updateMask, idempotencyKey: newKey() });
    toast.success(wanted ? s.switchedOn(name) : s.switchedOff(name));
  });
  return (
    <input
      type="checkbox"
      role="switch"
      aria-label={s.switch(name)}
      title={manage?.allowed ? undefined : manage?.why}
      className="size-4 accent-accent disabled:opacity-60"
      aria-checked={isEnabled}
      disabled={busy || !manage?.allowed}
      checked={isEnabled}
      onChange={(event) => void run(event.target.checked)}
    />
  );
}
