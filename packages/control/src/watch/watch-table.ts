import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { UpdateType } from "@limiquantix/api";
import { Channel } from "@limiquantix/kit";
import type { Database, TableChange } from "../store/database.ts";
import type { Table } from "../store/table.ts";

export interface TableUpdate<Row> {
  type: UpdateType;
  /** Undefined for SYNCED and RESET. */
  row: Row | undefined;
  /** What to resume from; 0 within a snapshot, which can only be begun again. */
  revision: number;
}

export interface WatchOptions<Row> {
  /** Which rows are asked for. One that no longer matches is DELETED to the watcher. */
  matches?: (row: Row) => boolean;
  /** Go on behind this revision; 0 or undefined: begin with a snapshot. */
  from?: number;
  /** Without a snapshot: only what changes from now on. */
  changesOnly?: boolean;
  signal: AbortSignal;
}

/**
 * The rows that match as ADDED, then SYNCED, then what changes, in order and without a gap, until `signal` aborts.
 * Behind a revision that is still known, the changes since instead of the snapshot; otherwise RESET and a snapshot.
 */
export async function* watchTable<D extends DescMessage>(
  db: Database,
  table: Table<D>,
  options: WatchOptions<MessageShape<D>>,
): AsyncGenerator<TableUpdate<MessageShape<D>>> {
  const { matches = () => true, from = 0, signal } = options;
  const channel = new Channel<TableUpdate<MessageShape<D>>>({ signal });
  using subscription = db.subscribe((changes, revision) => {
    for (const update of updatesOf(table, matches, changes, revision)) channel.push(update);
  });
  // Nothing runs between the subscription and these reads: no commit is missed or told twice.
  const at = db.revision;
  const missed = from > 0 ? (from > at ? undefined : db.changesSince(from)) : undefined;
  const snapshot = missed || options.changesOnly ? [] : [...db.all(table)].filter(matches);
  if (from > 0 && !missed) yield { type: UpdateType.RESET, row: undefined, revision: 0 };
  for (const commit of missed ?? []) yield* updatesOf(table, matches, commit.changes, commit.revision);
  for (const row of snapshot) yield { type: UpdateType.ADDED, row, revision: 0 };
  yield { type: UpdateType.SYNCED, row: undefined, revision: at };
  yield* channel;
  void subscription;
}

function* updatesOf<D extends DescMessage>(
  table: Table<D>,
  matches: (row: MessageShape<D>) => boolean,
  changes: readonly TableChange[],
  revision: number,
): Generator<TableUpdate<MessageShape<D>>> {
  for (const change of changes) {
    if (change.table.kind !== table.kind) continue;
    const before = change.before as MessageShape<D> | undefined;
    const after = change.after as MessageShape<D> | undefined;
    const was = before !== undefined && matches(before);
    const is = after !== undefined && matches(after);
    if (is) yield { type: was ? UpdateType.MODIFIED : UpdateType.ADDED, row: after, revision };
    else if (was) yield { type: UpdateType.DELETED, row: before, revision };
  }
}
