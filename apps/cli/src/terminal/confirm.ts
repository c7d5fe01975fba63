import type { Cli } from "../cli.ts";

export interface ConfirmFlags {
  yes?: boolean;
  dryRun?: boolean;
}

/** Asks before something is lost. Answers false, and says so, where it is not meant. */
export async function confirmed(cli: Cli, flags: ConfirmFlags, question: string): Promise<boolean> {
  if (flags.yes || flags.dryRun) return true;
  const { askConfirm } = await import("./prompt.ts");
  if (await askConfirm(cli.terminal, question)) return true;
  cli.note("nothing was changed");
  return false;
}
