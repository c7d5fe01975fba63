import { loadContexts } from "../../contexts.ts";
import { isMachine } from "../../output/format.ts";
import { renderTable } from "../../output/table.ts";
import type { Verb } from "../verb.ts";

export const list: Verb = (command, cli) => {
  command.action(async () => {
    const saved = await loadContexts(cli.contextsFile);
    const rows = Object.entries(saved.contexts).map(([name, context]) => ({
      name,
      current: name === saved.current,
      server: context.server,
      user: context.user ?? "",
      loggedIn: context.token !== undefined,
    }));
    if (isMachine(cli.flags.output)) {
      const { printData } = await import("../../output/print.ts");
      return printData(cli, rows);
    }
    if (rows.length === 0) return cli.note("no saved logins (lqx login --server URL)");
    cli.print(
      ...renderTable(
        [
          { header: "NAME", value: (row) => `${row.current ? "* " : "  "}${row.name}` },
          { header: "SERVER", value: (row) => row.server },
          { header: "USER", value: (row) => (row.loggedIn ? row.user : "(logged out)") },
        ],
        rows,
      ),
    );
  });
};
