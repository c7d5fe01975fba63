import type { Verb } from "../verb.ts";

export const catalog: Verb = (command, cli) => {
  command.addHelpText("after", "\nFetch one with: lqx image download ID").action(async () => {
    const session = await cli.connect();
    const [{ printList }, { catalogView }] = await Promise.all([import("../../output/print.ts"), import("./view.ts")]);
    await printList(cli, catalogView(), (await session.images.getImageCatalog({})).entries);
  });
};
