import type { DeleteSnapshotScheduleResponse } from "@limiquantix/api";
import type { Verb } from "../../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../../tasks/flags.ts";

interface DeleteFlags extends MutationFlags {
  snapshots?: boolean;
  yes?: boolean;
}

export const deleteSchedule: Verb = (command, cli) => {
  command
    .argument("<schedule...>", "names or ids")
    .option("--snapshots", "and the snapshots that it took, but for what is in use")
    .option("-y, --yes", "do not ask");
  addChangeFlags(command).action(async (refs: string[], flags: DeleteFlags) => {
    const session = await cli.connect();
    const [{ DeleteSnapshotScheduleResponseSchema }, { getSchedule }, { confirmed }, { printDone }] = await Promise.all(
      [
        import("@limiquantix/api"),
        import("../../../rpc/resolve-schedule.ts"),
        import("../../../terminal/confirm.ts"),
        import("../../../output/done.ts"),
      ],
    );
    const found = await Promise.all(refs.map((ref) => getSchedule(session, ref)));
    const names = found.map(({ name }) => name).join(", ");
    const what = flags.snapshots ? "with the snapshots that it took" : "and keep the snapshots that it took";
    if (!(await confirmed(cli, flags, `Delete snapshot schedule ${names}, ${what}?`))) return;
    const deleteSnapshots = flags.snapshots ?? false;
    const answers: DeleteSnapshotScheduleResponse[] = [];
    for (const { id } of found) {
      answers.push(await session.schedules.deleteSnapshotSchedule({ id, deleteSnapshots, ...mutation(flags) }));
    }
    const describe = ({ snapshotsDeleted, snapshotsKept }: DeleteSnapshotScheduleResponse, at: number) =>
      `snapshot schedule ${found[at]?.name} is deleted: ${snapshotsDeleted} snapshots go, ${snapshotsKept} stay`;
    await printDone(cli, { schema: DeleteSnapshotScheduleResponseSchema, answers, flags, describe });
  });
};
