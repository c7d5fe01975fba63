import { allPrivileges, isPrivilege } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import { ExitCode } from "../exit-codes.ts";
import { isMachine } from "../output/format.ts";
import { paintState } from "../output/paint.ts";
import { printData } from "../output/print.ts";
import { renderTable } from "../output/table.ts";
import { getObject } from "../rpc/resolve-object.ts";
import type { Session } from "../rpc/session.ts";
import { UsageError } from "../usage-error.ts";

export interface Asked {
  privileges: readonly string[];
  /** As `--on` has them. */
  objects: readonly string[];
}

/** Each privilege on each object, asked in one call. */
export async function printAnswers(cli: Cli, session: Session, { privileges, objects }: Asked): Promise<void> {
  const unknown = privileges.find((name) => !isPrivilege(name));
  if (unknown) {
    const near = allPrivileges.filter((name) => name.split(".")[0] === unknown.split(".")[0]);
    throw new UsageError(
      `${JSON.stringify(unknown)} is no privilege`,
      `These are: ${(near.length > 0 ? near : allPrivileges).join(", ")}.`,
    );
  }
  const found = await Promise.all(objects.map((text) => getObject(session, text)));
  const pairs = found.flatMap((object, at) =>
    privileges.map((privilege) => ({ privilege, on: objects[at] ?? "", object })),
  );
  const { answers } = await session.grants.canI({
    checks: pairs.map(({ privilege, object }) => (object.kind === "root" ? { privilege } : { privilege, object })),
  });
  const rows = pairs.map(({ privilege, on }, at) => ({
    privilege,
    on,
    allowed: answers[at]?.allowed ?? false,
    why: answers[at]?.why ?? "",
  }));
  if (rows.some((row) => !row.allowed)) cli.exitCode = ExitCode.DENIED;
  if (isMachine(cli.flags.output)) return printData(cli, rows);
  const { paint } = cli.terminal;
  const columns = [
    { header: "PRIVILEGE", value: (row: (typeof rows)[0]) => row.privilege },
    { header: "ON", value: (row: (typeof rows)[0]) => row.on },
    {
      header: "ALLOWED",
      value: (row: (typeof rows)[0]) => (row.allowed ? "yes" : "no"),
      paint: (text: string) => paintState(paint, text),
    },
    { header: "WHY NOT", value: (row: (typeof rows)[0]) => row.why },
  ];
  cli.print(...renderTable(columns, rows));
}
