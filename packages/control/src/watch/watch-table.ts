import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Database } from "../store/database.ts";
import type { Table } from "../store/table.ts";
import { watchTables, type TableUpdate, type WatchOptions } from "./watch-tables.ts";

/** One table's part of what `watchTables` tells. */
export function watchTable<D extends DescMessage>(
  db: Pick<Database, "revision" | "all" | "subscribe" | "changesSince">,
  table: Table<D>,
  options: WatchOptions & {
    /** Which rows are asked for. One that no longer matches is DELETED to the watcher. */
    matches?: (row: MessageShape<D>) => boolean;
    /** Whether the caller may see a row, at the moment of asking. */
    visible: (row: MessageShape<D>) => boolean;
  },
): AsyncGenerator<TableUpdate<MessageShape<D>>> {
  const { matches, visible } = options;
  return watchTables(db, [{ table, visible, ...(matches ? { matches } : {}) }], options);
}
