import type { Verb } from "../verb.ts";
import { addChangeFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

interface TestFlags extends MutationFlags {
  username?: string;
}

export const test: Verb = (command, cli) => {
  command
    .argument("<provider>", "name or id")
    .option("--username <name>", "LDAP: also look this user up, and say what a login would take over");
  addChangeFlags(command)
    .addHelpText("after", "\nThe exit code is 1 where it does not work.")
    .action(async (id: string, flags: TestFlags) => {
      const session = await cli.connect();
      const [{ TestProviderResponseSchema }, { ExitCode }, { readGroupNames }, { printMessage }, { renderFields }] =
        await Promise.all([
          import("@limiquantix/api"),
          import("../../exit-codes.ts"),
          import("../group/names.ts"),
          import("../../output/print.ts"),
          import("../../output/table.ts"),
        ]);
      const answer = await session.providers.testProvider({ id, username: flags.username ?? "", ...mutation(flags) });
      if (!answer.works) cli.exitCode = ExitCode.FAILED;
      const groupName = await readGroupNames(session);
      await printMessage(cli, TestProviderResponseSchema, answer, (it) => [
        ...renderFields(it.steps.map((step, at) => [String(at + 1), step])),
        ...renderFields([
          ["DN", it.dn],
          ["Full name", it.name],
          ["E-mail", it.email],
          ["Groups there", it.externalGroups.join("\n")],
          ["Groups here", it.groupIds.map(groupName).join(", ")],
        ]),
        it.works ? cli.terminal.paint.green("it works") : cli.terminal.paint.red("it does not work"),
      ]);
    });
};
