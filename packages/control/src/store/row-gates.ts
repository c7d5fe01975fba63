/**
 * Lets the transactions of one process that write the same row queue up, instead of racing each other in the store:
 * of a thousand that increment one counter, each would otherwise lose up to a thousand races. A gate is held from the
 * time that a commit is sent until it is visible; who waits holds nothing, so nothing can lock up.
 */
export class RowGates {
  /** Row → those that wait for it, the first first. A row that is not in here is free. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /** A row of `rows` that another holds. `own`: the row that was handed to the caller by `wait`. */
  busy(rows: Iterable<string>, own: string | undefined): string | undefined {
    for (const row of rows) if (row !== own && this.#waiting.has(row)) return row;
    return undefined;
  }

  /** Rows that `busy` found free. */
  hold(rows: Iterable<string>): void {
    for (const row of rows) if (!this.#waiting.has(row)) this.#waiting.set(row, []);
  }

  /** Resolves when the busy row is handed to the caller, who must release it. */
  wait(row: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.get(row)!.push(resolve));
  }

  release(rows: Iterable<string>): void {
    for (const row of rows) {
      const next = this.#waiting.get(row)?.shift();
      if (next) next();
      else this.#waiting.delete(row);
    }
  }
}
