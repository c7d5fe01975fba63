import { UpdateType } from "@limiquantix/api";

export type Change = UpdateType.ADDED | UpdateType.MODIFIED | UpdateType.DELETED;

/**
 * The rows of one kind, by id, as the feed keeps them. Who looks is told at most once a frame, however many updates
 * came; what a snapshot that is under way replaces stays on the screen until it has all arrived.
 */
export class Collection<Row extends { id: string }> {
  readonly #listeners = new Set<() => void>();
  #rows = new Map<string, Row>();
  #arriving: Map<string, Row> | undefined;
  #list: readonly Row[] | undefined;
  #told: number | undefined;

  /** The same array until something changes. */
  get rows(): readonly Row[] {
    return (this.#list ??= [...this.#rows.values()]);
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** A snapshot begins. */
  reset(): void {
    this.#arriving = new Map();
  }

  /** The snapshot, if there was one, is whole. */
  synced(): void {
    if (!this.#arriving) return;
    this.#rows = this.#arriving;
    this.#arriving = undefined;
    this.#changed();
  }

  apply(change: Change, row: Row): void {
    const rows = this.#arriving ?? this.#rows;
    if (change === UpdateType.DELETED) rows.delete(row.id);
    else rows.set(row.id, row);
    if (!this.#arriving) this.#changed();
  }

  #changed(): void {
    this.#list = undefined;
    if (this.#told !== undefined) return;
    this.#told = requestAnimationFrame(() => {
      this.#told = undefined;
      for (const listener of Array.from(this.#listeners)) listener();
    });
  }
}
