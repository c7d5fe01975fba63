import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";
import type { AuditFilter } from "./filter.ts";

interface ListFlags extends AuditFilter {
  limit: number;
}

export const list: Verb = (command, cli) => {
  command
    .argument("[search]", "anywhere in names, messages and changes")
    .option("--limit <count>", "the newest so many", parseCount, 50)
    .option("--since <time>", "only after this: 30m, 2h, or a date")
    .option("--until <time>", "only before this")
    .option("--user <user>", "only what they did")
    .option("--object <object>", "only about this: KIND/NAME, as in vm/web-1, or the id of what is gone")
    .option("--method <method>", "VMService.StartVM, or a part of it")
    .option("--project <project>", "only in this project")
    .option("--address <address>", "only from this IP address")
    .option("--denied", "only what was refused")
    .option("--failed", "only what went wrong")
    .action(async (search: string | undefined, flags: ListFlags) => {
      const session = await cli.connect();
      const [{ allPages, pageSize }, { printList }, { auditRequest }, { auditListView }] = await Promise.all([
        import("../../rpc/pages.ts"),
        import("../../output/print.ts"),
        import("./filter.ts"),
        import("./view.ts"),
      ]);
      const request = await auditRequest(session, { ...flags, search });
      const records = await allPages(async (pageToken) => {
        const page = await session.audit.listAudit({
          ...request,
          pageSize: Math.min(pageSize, flags.limit),
          pageToken,
        });
        return { items: page.records, nextPageToken: page.nextPageToken };
      }, flags.limit);
      await printList(cli, auditListView(cli.terminal.paint), records);
    });
};
