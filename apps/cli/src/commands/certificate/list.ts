import type { Verb } from "../verb.ts";

interface ListFlags {
  kind?: "node" | "control-plane" | "web" | "session";
  revoked?: boolean;
}

export const list: Verb = (command, cli) => {
  command
    .addOption(command.createOption("--kind <kind>", "only these").choices(["node", "control-plane", "web", "session"]))
    .option("--revoked", "also those that were revoked")
    .action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [{ readCertificates }, { printList }, { certificateListView, kindOf }] = await Promise.all([
        import("./read.ts"),
        import("../../output/print.ts"),
        import("./view.ts"),
      ]);
      const all = await readCertificates(session, flags.revoked ?? false);
      const wanted = all.filter((one) => !flags.kind || kindOf(one) === flags.kind);
      await printList(cli, certificateListView(), wanted);
    });
};
