import { toJson, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { UpdateType } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import { catchInterrupt } from "../terminal/terminal.ts";
import { isMachine } from "./format.ts";
import type { ListView } from "./print.ts";
import { renderTable } from "./table.ts";

interface Row {
  id: string;
  name: string;
}

export interface WatchList<Desc extends DescMessage, Update extends DescMessage> {
  view: ListView<Desc>;
  /** The stream's messages; for `-o json` a line each. */
  updates: Update;
  open: (signal: AbortSignal) => AsyncIterable<MessageShape<Update> & { type: UpdateType }>;
  row: (update: MessageShape<Update>) => (MessageShape<Desc> & Row) | undefined;
  wanted?: (row: MessageShape<Desc>) => boolean;
}

/** Redraws a list on a terminal at every change; elsewhere a line for each. Ends with Ctrl-C. */
export async function watchList<Desc extends DescMessage, Update extends DescMessage>(
  cli: Cli,
  { view, updates, open, row, wanted = () => true }: WatchList<Desc, Update>,
): Promise<void> {
  const known = new Map<string, MessageShape<Desc> & Row>();
  let synced = false;
  const shown = view.columns.filter((column) => cli.flags.output === "wide" || !column.wide);
  const line = (it: MessageShape<Desc>) => (renderTable(shown, [it])[1] ?? "").replace(/ {2,}/g, " ");
  const redraw = () => {
    const rows = [...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    cli.terminal.output.write(`\u001b[H\u001b[J${renderTable(shown, rows).join("\n")}\n`);
  };
  using interrupt = catchInterrupt();
  try {
    for await (const update of open(interrupt.signal)) {
      if (isMachine(cli.flags.output)) {
        cli.print(JSON.stringify(toJson(updates, update)));
        continue;
      }
      if (update.type === UpdateType.RESET) known.clear();
      if (update.type === UpdateType.SYNCED) synced = true;
      const it = row(update);
      if (it && (update.type === UpdateType.DELETED || !wanted(it))) known.delete(it.id);
      else if (it) known.set(it.id, it);
      if (cli.terminal.output.isTTY) {
        if (synced) redraw();
      } else if (it && wanted(it)) {
        cli.print(known.has(it.id) ? line(it) : `${it.name} gone`);
      }
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  }
}
