import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ isMachine }, { printList }, { factorListView }] = await Promise.all([
      import("../../output/format.ts"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    const { factors, recoveryCodesLeft } = await session.auth.listFactors({});
    await printList(cli, factorListView(), factors);
    if (factors.length > 0 && !isMachine(cli.flags.output)) cli.note(`${recoveryCodesLeft} recovery codes are left`);
  });
};
