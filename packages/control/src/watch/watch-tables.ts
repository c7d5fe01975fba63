import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { UpdateType } from "@limiquantix/api";
import { Channel } from "@limiquantix/kit";
import type { Access } from "../access/access.ts";
import type { Database, TableChange } from "../store/database.ts";
import type { Table } from "../store/table.ts";

/** Rows of one table that a watch is of. */
export interface WatchedTable<D extends DescMessage = DescMessage> {
  table: Table<D>;
  /** Which rows are asked for. One that no longer matches is DELETED to the watcher. */
  matches?: (row: MessageShape<D>) => boolean;
  /** Whether the caller may see a row, at the moment of asking. */
  visible: (row: MessageShape<D>) => boolean;
  /** The rows that a snapshot begins with; all of the table unless told. */
  initially?: () => Iterable<MessageShape<D>>;
}

export interface TableUpdate<Row> {
  type: UpdateType;
  /** Undefined for SYNCED and RESET. */
  row: Row | undefined;
  /** The table's kind; empty for SYNCED and RESET. */
  kind: string;
  /** What to resume from; 0 within a snapshot, which can only be begun again. */
  revision: number;
}

export interface WatchOptions {
  /** Go on behind this revision; 0 or undefined: begin with a snapshot. */
  from?: number;
  /** Without a snapshot: only what changes from now on. */
  changesOnly?: boolean;
  signal: AbortSignal;
  /** For whom it is: rows that they may not see do not match, and after a change of their rights all begins anew. */
  access: Access;
}

/**
 * The rows that match as ADDED, then SYNCED, then what changes, in order and without a gap, until `signal` aborts.
 * Behind a revision that is still known, the changes since instead of the snapshot; otherwise RESET and a snapshot.
 */
export async function* watchTables<D extends DescMessage>(
  db: Pick<Database, "revision" | "all" | "subscribe" | "changesSince">,
  watched: readonly WatchedTable<D>[],
  options: WatchOptions,
): AsyncGenerator<TableUpdate<MessageShape<D>>> {
  type Row = MessageShape<D>;
  const { from = 0, signal, access } = options;
  const byKind = new Map(watched.map((source) => [source.table.kind, source]));
  const channel = new Channel<TableUpdate<Row> | "rights changed">({ signal });
  using subscription = db.subscribe((changes, revision) => {
    for (const update of updatesOf(byKind, changes, revision)) channel.push(update);
  });
  using rights = access.onChange(() => {
    if (!options.changesOnly) channel.push("rights changed");
  });
  // Nothing runs between the subscription and these reads: no commit is missed or told twice.
  let at = db.revision;
  const known = from <= at && from >= access.changedAt;
  const missed = from > 0 && known ? db.changesSince(from) : undefined;
  if (missed) {
    for (const commit of missed) yield* updatesOf(byKind, commit.changes, commit.revision);
    yield mark(UpdateType.SYNCED, at);
  } else {
    yield* snapshot(options.changesOnly ? [] : rowsOf(db, watched), from > 0);
  }
  for await (const update of channel) {
    if (update === "rights changed") {
      at = db.revision;
      yield* snapshot(rowsOf(db, watched), true);
    } else if (update.revision > at && maySee(byKind, update)) {
      yield update;
    }
  }
  void [subscription, rights];

  function* snapshot(rows: readonly TableUpdate<Row>[], reset: boolean): Generator<TableUpdate<Row>> {
    if (reset) yield mark(UpdateType.RESET, 0);
    // Asked again for each: a slow reader of a long snapshot gets no more of what they may no longer see.
    for (const update of rows) if (maySee(byKind, update)) yield update;
    yield mark(UpdateType.SYNCED, at);
  }
}

/** Looked at again when it is given out: rights may have gone while it waited. That something is gone is no secret. */
function maySee<D extends DescMessage>(
  byKind: ReadonlyMap<string, WatchedTable<D>>,
  { type, kind, row }: TableUpdate<MessageShape<D>>,
): boolean {
  return !row || type === UpdateType.DELETED || byKind.get(kind)?.visible(row) === true;
}

function mark(type: UpdateType, revision: number): TableUpdate<never> {
  return { type, row: undefined, kind: "", revision };
}

/** Taken at once: what commits while a slow reader takes it in is told behind it. */
function rowsOf<D extends DescMessage>(
  db: Pick<Database, "all">,
  watched: readonly WatchedTable<D>[],
): TableUpdate<MessageShape<D>>[] {
  return watched.flatMap((source) => {
    const { table, initially } = source;
    const found: TableUpdate<MessageShape<D>>[] = [];
    for (const row of initially?.() ?? db.all(table)) {
      if (wants(source, row)) found.push({ type: UpdateType.ADDED, row, kind: table.kind, revision: 0 });
    }
    return found;
  });
}

function wants<D extends DescMessage>(source: WatchedTable<D>, row: MessageShape<D>): boolean {
  return (source.matches?.(row) ?? true) && source.visible(row);
}

function* updatesOf<D extends DescMessage>(
  byKind: ReadonlyMap<string, WatchedTable<D>>,
  changes: readonly TableChange[],
  revision: number,
): Generator<TableUpdate<MessageShape<D>>> {
  for (const change of changes) {
    const { kind } = change.table;
    const source = byKind.get(kind);
    if (!source) continue;
    const before = change.before as MessageShape<D> | undefined;
    const after = change.after as MessageShape<D> | undefined;
    const was = before !== undefined && wants(source, before);
    const is = after !== undefined && wants(source, after);
    if (is) yield { type: was ? UpdateType.MODIFIED : UpdateType.ADDED, row: after, kind, revision };
    else if (was) yield { type: UpdateType.DELETED, row: before, kind, revision };
  }
}
