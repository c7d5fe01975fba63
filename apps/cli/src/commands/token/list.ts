import type { Verb } from "../verb.ts";

interface ListFlags {
  user?: string;
}

export const list =
  (what: "token" | "session"): Verb =>
  (command, cli) => {
    command.option("--user <user>", "theirs instead of yours").action(async (flags: ListFlags) => {
      const session = await cli.connect();
      const [{ printList }, { readTokens }, { sessionListView, tokenListView }] = await Promise.all([
        import("../../output/print.ts"),
        import("./read.ts"),
        import("./view.ts"),
      ]);
      const tokens = await readTokens(session, what, flags.user);
      await printList(cli, what === "token" ? tokenListView() : sessionListView(), tokens);
    });
  };
