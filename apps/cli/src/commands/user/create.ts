import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";
import type { PasswordFlags } from "../../terminal/password.ts";

interface CreateFlags extends MutationFlags, PasswordFlags {
  service?: boolean;
  fullName?: string;
  email?: string;
}

export const create: Verb = (command, cli) => {
  command
    .argument("<name>", "what they log in with")
    .option("--service", "an account for a program: API tokens, no password")
    .option("--full-name <name>", "as people know them")
    .option("--email <address>", "where they are reached")
    .option("--password-stdin", "read the first password from standard input")
    .option("--password-prompt", "ask for the first password, twice")
    .addHelpText(
      "after",
      "\nWithout a password one is made and shown once. Either must be changed at the first login.\n" +
        "A new user may do nothing: see `lqx grant add`, `lqx group add`.",
    );
  addChangeFlags(command).action(async (name: string, flags: CreateFlags) => {
    const session = await cli.connect();
    const [{ CreateUserResponseSchema, User_Kind }, { readPassword }, { isMachine }, { printDone }] = await Promise.all(
      [
        import("@limiquantix/api"),
        import("../../terminal/password.ts"),
        import("../../output/format.ts"),
        import("../../output/done.ts"),
      ],
    );
    const answer = await session.users.createUser({
      name,
      fullName: flags.fullName ?? "",
      email: flags.email ?? "",
      kind: flags.service ? User_Kind.SERVICE : User_Kind.PERSON,
      password: await readPassword(cli.terminal, flags, `First password of ${name}`),
      ...mutation(flags),
    });
    // The password alone on standard output: it can be piped to where it is kept.
    if (answer.password && !isMachine(cli.flags.output)) {
      cli.note(`user ${name} is made; this password is shown once and must be changed at the first login:`);
      return cli.print(answer.password);
    }
    const schema = CreateUserResponseSchema;
    await printDone(cli, { schema, answers: [answer], flags, describe: () => `user ${name} is made` });
    if (flags.service && !flags.dryRun) cli.note(`next: lqx token create NAME --for ${name}`);
  });
};
