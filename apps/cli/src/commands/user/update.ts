import { UserSchema } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { printDone } from "../../output/done.ts";
import { getUser } from "../../rpc/resolve-identities.ts";
import { mutation, type MutationFlags } from "../../tasks/flags.ts";
import { changedFields } from "../../values/changed-fields.ts";

export interface UserUpdate {
  refs: readonly string[];
  flags: MutationFlags;
  change: { fullName?: string | undefined; email?: string | undefined; disabled?: boolean | undefined };
  /** What is then said of each: "is disabled". */
  done: string;
}

export async function updateUser(cli: Cli, { refs, flags, change, done }: UserUpdate): Promise<void> {
  const { fields, updateMask } = changedFields(change);
  const session = await cli.connect();
  const users = await Promise.all(refs.map((ref) => getUser(session, ref)));
  const answers = await Promise.all(
    users.map(({ id }) => session.users.updateUser({ id, user: fields, updateMask, ...mutation(flags) })),
  );
  await printDone(cli, { schema: UserSchema, answers, flags, describe: (user) => `user ${user.name} ${done}` });
}
