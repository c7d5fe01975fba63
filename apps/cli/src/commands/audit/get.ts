import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<id>", "its number").action(async (ref: string) => {
    const session = await cli.connect();
    const [{ AuditRecordSchema, problem, Reason }, { printMessage }, { describeRecord }, { pageSize }] =
      await Promise.all([
        import("@limiquantix/api"),
        import("../../output/print.ts"),
        import("./view.ts"),
        import("../../rpc/pages.ts"),
      ]);
    const wanted = Number(ref);
    let pageToken = "";
    // The API has no record by its number: pages, newest first, are read until it comes by.
    do {
      const page = await session.audit.listAudit({ pageSize, pageToken });
      const record = page.records.find(({ id }) => Number(id) === wanted);
      if (record) return printMessage(cli, AuditRecordSchema, record, describeRecord);
      pageToken = page.records.some(({ id }) => Number(id) < wanted) ? "" : page.nextPageToken;
    } while (pageToken !== "");
    throw problem(Reason.NOT_FOUND, { kind: "audit record", id: ref });
  });
};
