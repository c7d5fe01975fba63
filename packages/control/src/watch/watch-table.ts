import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { UpdateType } from "@limiquantix/api";
import { Channel } from "@limiquantix/kit";
import type { Access } from "../access/access.ts";
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
  /** For whom it is: rows that they may not see do not match, and after a change of their rights all begins anew. */
  access: Access;
  /** Whether the caller may see a row, at the moment of asking. */
  visible: (row: Row) => boolean;
}

/**
 * The rows that match as ADDED, then SYNCED, then what changes, in order and without a gap, until `signal` aborts.
 * Behind a revision that is still known, the changes since instead of the snapshot; otherwise RESET and a snapshot.
 */
export async function* watchTable<D extends DescMessage>(
  db: Pick<Database, "revision" | "all" | "subscribe" | "changesSince">,
  table: Table<D>,
  options: WatchOptions<MessageShape<D>>,
): AsyncGenerator<TableUpdate<MessageShape<D>>> {
  const { from = 0, signal, access, visible } = options;
  const matches = options.matches ? (row: MessageShape<D>) => options.matches?.(row) === true && visible(row) : visible;
  type Update = TableUpdate<MessageShape<D>>;
  const channel = new Channel<Update | "rights changed">({ signal });
  using subscription = db.subscribe((changes, revision) => {
    for (const update of updatesOf(table, matches, changes, revision)) channel.push(update);
  });
  using rights = access.onChange(() => {
    if (!options.changesOnly) channel.push("rights changed");
  });
  // Nothing runs between the subscription and these reads: no commit is missed or told twice.
  let at = db.revision;
  const known = from <= at && from >= access.changedAt;
  const missed = from > 0 && known ? db.changesSince(from) : undefined;
  if (missed) {
    for (const commit of missed) yield* updatesOf(table, matches, commit.changes, commit.revision);
    yield { type: UpdateType.SYNCED, row: undefined, revision: at };
  } else {
    const rows = options.changesOnly ? [] : [...db.all(table)].filter(matches);
    yield* snapshot(rows, at, { reset: from > 0, visible });
  }
  for await (const update of channel) {
    if (update === "rights changed") {
      at = db.revision;
      yield* snapshot([...db.all(table)].filter(matches), at, { reset: true, visible });
    } else if (update.revision > at && (!update.row || update.type === UpdateType.DELETED || visible(update.row))) {
      yield update;
    }
  }
  void [subscription, rights];
}

function* snapshot<Row>(
  rows: readonly Row[],
  revision: number,
  { reset, visible }: { reset: boolean; visible: (row: Row) => boolean },
): Generator<TableUpdate<Row>> {
  if (reset) yield { type: UpdateType.RESET, row: undefined, revision: 0 };
  // Asked again for each: a slow reader of a long snapshot gets no more of what they may no longer see.
  for (const row of rows) if (visible(row)) yield { type: UpdateType.ADDED, row, revision: 0 };
  yield { type: UpdateType.SYNCED, row: undefined, revision };
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
