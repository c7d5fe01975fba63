import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Database } from "./database.ts";
import type { Table } from "./table.ts";

/** Deletes the rows of which `gone` holds, also at the moment of the commit: one that was renewed meanwhile stays. */
export async function deleteWhere<D extends DescMessage>(
  db: Pick<Database, "all" | "transact">,
  table: Table<D>,
  gone: (row: MessageShape<D>) => boolean,
): Promise<void> {
  const ids: string[] = [];
  for (const row of db.all(table)) if (gone(row)) ids.push(idOf(row));
  if (ids.length === 0) return;
  await db.transact((tx) => {
    for (const id of ids) {
      const row = tx.find(table, id);
      if (row && gone(row)) tx.delete(table, id);
    }
  });
}

/** Every table's message has one. */
function idOf(row: object): string {
  return (row as { id: string }).id;
}
