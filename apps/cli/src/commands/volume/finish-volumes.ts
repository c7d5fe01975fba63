import { VolumeTaskResponseSchema, VolumeStatus_Phase, type VolumeTaskResponse } from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import type { Cli } from "../../cli.ts";
import { moment } from "../../output/times.ts";
import { readPoolNames } from "../../rpc/resolve-pool.ts";
import type { Session } from "../../rpc/session.ts";
import { finishResource } from "../../tasks/finish-resource.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { phaseOf, sizeOf } from "./view.ts";

export interface FinishVolumes {
  session: Session;
  flags: MutationFlags;
  action: string;
  /** Its row may be gone afterwards. */
  gone?: boolean;
  /** Done when it is answered, where there is no task. */
  instant?: boolean;
}

/** The end of a mutation of volumes. */
export async function finishVolumes(
  cli: Cli,
  answers: readonly VolumeTaskResponse[],
  { session, flags, action, gone, instant }: FinishVolumes,
): Promise<void> {
  const pool = flags.wait || instant || answers.some(({ task }) => !task) ? await readPoolNames(session) : String;
  await finishResource(cli, answers, {
    session,
    flags,
    action,
    instant: instant ?? false,
    schema: VolumeTaskResponseSchema,
    nameOf: ({ volume }) => volume?.name ?? "the volume",
    outcome: ({ volume }) => {
      if (!volume) return "is UNKNOWN";
      if (!gone)
        return `is ${phaseOf(volume)}: ${formatBytes(sizeOf(volume))} in ${pool(volume.spec?.storagePoolId ?? "")}`;
      const kept = volume.status?.phase === VolumeStatus_Phase.RECYCLED;
      return kept ? `is in the recycle bin until ${moment(volume.purgeAt)}` : "is deleted";
    },
    reread: async (answer) => {
      if (!gone && answer.volume) answer.volume = await session.volumes.getVolume({ id: answer.volume.id });
    },
  });
}
