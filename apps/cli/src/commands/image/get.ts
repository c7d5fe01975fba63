import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<image>", "name or id").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ ImageSchema }, { getImage }, { printMessage }, { describeImage }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../rpc/resolve.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    await printMessage(cli, ImageSchema, await getImage(session, ref), describeImage);
  });
};
