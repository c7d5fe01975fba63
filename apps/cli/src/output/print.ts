import { toJson, type DescMessage, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import type { Cli } from "../cli.ts";
import { isMachine } from "./format.ts";
import { renderTable, type Column } from "./table.ts";

/** A column that only `-o wide` shows. */
export type ListColumn<Row> = Column<Row> & { wide?: boolean };

export interface ListView<Desc extends DescMessage> {
  schema: Desc;
  columns: readonly ListColumn<MessageShape<Desc>>[];
  /** What to say when there is none: "no VMs". */
  empty: string;
}

/** A list: JSON and YAML are an array of the messages as the API has them. */
export async function printList<Desc extends DescMessage>(
  cli: Cli,
  view: ListView<Desc>,
  rows: readonly MessageShape<Desc>[],
): Promise<void> {
  const { output } = cli.flags;
  if (isMachine(output))
    return printData(
      cli,
      rows.map((row) => toJson(view.schema, row)),
    );
  if (rows.length === 0) return cli.note(view.empty);
  const columns = view.columns.filter((column) => output === "wide" || !column.wide);
  const [header = "", ...lines] = renderTable(columns, rows);
  cli.print(cli.terminal.paint.bold(header), ...lines);
}

/** One message: as data, or in the lines that `describe` makes. */
export async function printMessage<Desc extends DescMessage>(
  cli: Cli,
  schema: Desc,
  message: MessageShape<Desc>,
  describe: (message: MessageShape<Desc>) => string[],
): Promise<void> {
  if (isMachine(cli.flags.output)) return printData(cli, toJson(schema, message));
  cli.print(...describe(message));
}

/** JSON or YAML, whichever was asked for. */
export async function printData(cli: Cli, data: JsonValue): Promise<void> {
  if (cli.flags.output === "yaml") {
    const { stringify } = await import("yaml");
    cli.print(stringify(data).trimEnd());
  } else {
    cli.print(JSON.stringify(data, null, 2));
  }
}
