import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import { parseCount, parseWhole } from "../../values/count.ts";
import { parseSeconds } from "../../values/duration.ts";

interface SetFlags extends MutationFlags {
  minLength?: number;
  history?: number;
  lockoutAfter?: number;
  lockoutMax?: number;
  sessionIdle?: number;
  sessionMax?: number;
  requireSecondFactor?: boolean;
}

export const set: Verb = (command, cli) => {
  command
    .option("--min-length <count>", "characters that a password has at least, 8 to 128", parseCount)
    .option("--history <count>", "so many earlier passwords may not come again, 0 to 24", parseWhole)
    .option("--lockout-after <count>", "wrong passwords in a row, 3 to 100, behind which an account waits", parseCount)
    .option("--lockout-max <duration>", "the longest wait, up to 1d", parseSeconds)
    .option("--session-idle <duration>", "a session without a call ends after this, 5m to 7d", parseSeconds)
    .option("--session-max <duration>", "and any session after this, 1h to 365d", parseSeconds)
    .option("--require-second-factor", "who has a password must have a second factor too")
    .option("--no-require-second-factor", "as people like");
  addChangeFlags(command).action(async (flags: SetFlags) => {
    const { changedFields } = await import("../../values/changed-fields.ts");
    const { fields } = changedFields({
      passwordMinLength: flags.minLength,
      passwordHistory: flags.history,
      lockoutAfter: flags.lockoutAfter,
      lockoutMaxSeconds: flags.lockoutMax,
      sessionIdleMinutes: flags.sessionIdle === undefined ? undefined : Math.ceil(flags.sessionIdle / 60),
      sessionMaxHours: flags.sessionMax === undefined ? undefined : Math.ceil(flags.sessionMax / 3600),
      requireSecondFactor: flags.requireSecondFactor,
    });
    const session = await cli.connect();
    const [{ LoginPolicySchema }, { printMessage }, { describePolicy }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const before = await session.users.getLoginPolicy({});
    const policy = { ...before, ...fields };
    const after = await session.users.updateLoginPolicy({ policy, ...mutation(flags) });
    await printMessage(cli, LoginPolicySchema, after, describePolicy);
    if (flags.dryRun) cli.note("dry run: nothing was changed");
  });
};
