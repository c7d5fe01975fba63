import {
  PoolTaskResponseSchema,
  StoragePoolStatus_Phase,
  type PoolTaskResponse,
  type StoragePool,
} from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { finishResource } from "../../tasks/finish-resource.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { phaseOf } from "./view.ts";

export interface FinishPools {
  session: Session;
  flags: MutationFlags;
  action: string;
  /** Forgotten afterwards: it is not read again. */
  gone?: boolean;
  instant?: boolean;
}

/** The end of a mutation of pools. */
export function finishPools(
  cli: Cli,
  answers: readonly PoolTaskResponse[],
  { session, flags, action, gone, instant }: FinishPools,
): Promise<void> {
  return finishResource(cli, answers, {
    session,
    flags,
    action,
    instant: instant ?? false,
    schema: PoolTaskResponseSchema,
    nameOf: ({ pool }) => pool?.name ?? "the pool",
    outcome: ({ pool, task }) => {
      if (gone) return "is forgotten; what lies in it is as it was";
      return instant && !task ? "is changed" : stateSentence(pool);
    },
    reread: async (answer) => {
      if (!gone && answer.pool) answer.pool = await session.pools.getPool({ id: answer.pool.id });
    },
  });
}

function stateSentence(pool: StoragePool | undefined): string {
  if (!pool) return "is UNKNOWN";
  const why = pool.status?.phase === StoragePoolStatus_Phase.READY ? "" : (pool.status?.errorMessage ?? "");
  return `is ${phaseOf(pool)}${why ? `: ${why}` : ""}`;
}
