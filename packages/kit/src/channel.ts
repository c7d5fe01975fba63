/**
 * A queue between callers that push and one reader that iterates. It is bounded: a reader that falls more than
 * `limit` items behind gets `SlowReaderError` instead of the process running out of memory.
 */
export class Channel<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  #waiting: { resolve: (r: IteratorResult<T>) => void; reject: (e: unknown) => void } | undefined;
  #ended = false;
  #error: unknown;
  #onEnd: (() => void) | undefined;

  constructor(options: { limit?: number; signal?: AbortSignal | undefined; onEnd?: () => void } = {}) {
    this.#limit = options.limit ?? 10_000;
    this.#onEnd = options.onEnd;
    const { signal } = options;
    if (signal?.aborted) this.end();
    else signal?.addEventListener("abort", () => this.end(), { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ value: item, done: false });
    } else if (this.#items.length >= this.#limit) {
      this.#items.length = 0;
      this.end(new SlowReaderError(this.#limit));
    } else {
      this.#items.push(item);
    }
  }

  /** No more items; those already queued are still read. With an error, the reader gets it after them. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    if (error) waiting.reject(this.#takeError());
    else waiting.resolve({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#items.length > 0) return Promise.resolve({ value: this.#items.shift() as T, done: false });
    if (this.#error) return Promise.reject(this.#takeError());
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#items.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeError(): unknown {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }
}

export class SlowReaderError extends Error {
  constructor(limit: number) {
    super(`the reader fell more than ${limit} items behind`);
    this.name = "SlowReaderError";
  }
}
