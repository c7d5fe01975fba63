import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<project>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ ProjectSchema }, { getProject }, { printMessage }, { describeProject }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve-identities.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    await printMessage(cli, ProjectSchema, await getProject(session, ref), describeProject);
  });
};
