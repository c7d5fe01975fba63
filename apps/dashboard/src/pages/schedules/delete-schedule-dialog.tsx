import { SnapshotScheduleService, type SnapshotSchedule } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Checkbox } from "../../ui/field.tsx";

const s = strings.schedules.deleteDialog;

export function DeleteScheduleDialog({ schedule, onClose }: { schedule: SnapshotSchedule; onClose: () => void }) {
  const { id, name } = schedule;
  const client = useClient(SnapshotScheduleService);
  const [deleteSnapshots, setDelete] = useState(false);
  return (
    <AskFirst
      title={s.title(name)}
      action={s.do}
      done={s.done(name)}
      work={() => client.deleteSnapshotSchedule({ id, deleteSnapshots, idempotencyKey: newKey() })}
      onClose={onClose}
    >
      <p>{s.text}</p>
      <Checkbox
        label={s.snapshots}
        hint={s.snapshotsHint}
        checked={deleteSnapshots}
        onChange={(event) => setDelete(event.target.checked)}
      />
    </AskFirst>
  );
}
