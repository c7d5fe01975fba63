import type { Command } from "commander";

/** Flags of every mutation. */
export interface MutationFlags {
  wait?: boolean;
  dryRun?: boolean;
  idempotencyKey?: string;
}

export function addMutationFlags(command: Command): Command {
  return addChangeFlags(
    command.option("-w, --wait", "show the task's steps until it has ended; Ctrl-C leaves the task running"),
  );
}

/** Flags of a change that is done when it is answered: there is no task to wait for. */
export function addChangeFlags(command: Command): Command {
  return command
    .option("--dry-run", "say what would happen and change nothing")
    .option("--idempotency-key <key>", "a repeat under the same key answers what the first one did (24 h)");
}

/** The request's own fields for these flags. */
export function mutation({ dryRun, idempotencyKey }: MutationFlags): { dryRun: boolean; idempotencyKey: string } {
  return { dryRun: dryRun ?? false, idempotencyKey: idempotencyKey ?? "" };
}
