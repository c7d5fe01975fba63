import {
  SnapshotTaskResponseSchema,
  type Snapshot,
  type SnapshotTaskResponse,
  type VirtualMachine,
} from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import type { Session } from "../../rpc/session.ts";
import { finishResource } from "../../tasks/finish-resource.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { phaseOf } from "./view.ts";

export interface FinishSnapshots {
  session: Session;
  vm: VirtualMachine;
  flags: MutationFlags;
  action: string;
  gone?: boolean;
}

/** The end of a mutation of one VM's snapshots. */
export function finishSnapshots(
  cli: Cli,
  answers: readonly SnapshotTaskResponse[],
  { session, vm, flags, action, gone }: FinishSnapshots,
): Promise<void> {
  return finishResource(cli, answers, {
    session,
    flags,
    action,
    schema: SnapshotTaskResponseSchema,
    nameOf: ({ snapshot }) => `snapshot ${snapshot?.name ?? ""} of ${vm.name}`,
    outcome: ({ snapshot }) => (gone ? "is deleted" : `is ${snapshot ? whatCame(snapshot) : "UNKNOWN"}`),
    reread: async (answer) => {
      if (gone || !answer.snapshot) return;
      const { id } = answer.snapshot;
      const { snapshots } = await session.vms.listSnapshots({ vmId: vm.id });
      answer.snapshot = snapshots.find((one) => one.id === id) ?? answer.snapshot;
    },
  });
}

/** Whoever asked for a quiet guest is told whether it was one. Pure. */
export function whatCame(snapshot: Snapshot): string {
  const { pausedMs, memoryIncluded, quiesceWanted, quiesced, quiesceMessage } = snapshot;
  const quiet = quiesced ? "quiesced" : `not quiesced${quiesceMessage ? `: ${quiesceMessage}` : ""}`;
  return [
    phaseOf(snapshot),
    memoryIncluded && "with memory",
    pausedMs > 0 && `the guest stood still for ${pausedMs} ms`,
    quiesceWanted && quiet,
  ]
    .filter(Boolean)
    .join(", ");
}
