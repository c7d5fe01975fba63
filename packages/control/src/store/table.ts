import type { DescMessage, MessageShape } from "@bufbuild/protobuf";

/**
 * One kind of resource: which message its rows are, and by what they are found. The message has `id` and `revision`;
 * `revision` is the store's own and never part of the stored bytes.
 */
export interface Table<Desc extends DescMessage = DescMessage> {
  /** The store's kind, and the word for people: vm, node, image. */
  readonly kind: string;
  readonly schema: Desc;
  /** Index name → the row's value in it; undefined leaves the row out. */
  readonly indexes: Readonly<Record<string, (message: MessageShape<Desc>) => string | undefined>>;
  /** Index name → the row's values in it, which may be several: for reads from memory, not for pages. */
  readonly memberships: Readonly<Record<string, (message: MessageShape<Desc>) => readonly string[]>>;
  /** Keys that no other row of the table may have, with what to call them: { "default/web-1": "web-1" }. */
  readonly unique: (message: MessageShape<Desc>) => readonly string[];
  /** False: rows are read from the store when asked for (events); true: all are held in memory. */
  readonly cached: boolean;
  /**
   * 1 unless told. To be raised where a unique key, or what an index of the same name holds, changes: stored rows are
   * then indexed anew when the database is opened. Other names of indexes need nothing.
   */
  readonly layout: number;
}

export function table<Desc extends DescMessage>(definition: {
  kind: string;
  schema: Desc;
  indexes?: Record<string, (message: MessageShape<Desc>) => string | undefined>;
  memberships?: Record<string, (message: MessageShape<Desc>) => readonly string[]>;
  unique?: (message: MessageShape<Desc>) => readonly string[];
  cached?: boolean;
  layout?: number;
}): Table<Desc> {
  return { indexes: {}, memberships: {}, unique: () => [], cached: true, layout: 1, ...definition };
}
