import type { Caller } from "../access/authorise.ts";

/** What may end an open stream. */
interface Guard {
  /** Throws when the stream may not go on. */
  check: () => void;
  caller: Caller;
  authenticator: { onChange(listener: () => void): Disposable };
}

/**
 * The messages of a stream for as long as its caller may have them: after each change of their rights, their session
 * or their account the check runs again, and what it throws ends the stream at once, also while it waits.
 */
export function guardStream<T>(messages: AsyncIterable<T>, guard: Guard): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new GuardedStream(messages, guard) };
}

/** Not a generator: one that waits for its next message cannot be ended from outside. */
class GuardedStream<T> implements AsyncIterator<T, undefined> {
  readonly #messages: AsyncIterator<T>;
  readonly #guard: Guard;
  #watching: DisposableStack | undefined;
  #ended = false;
  #refused: { why: unknown } | undefined;
  /** Settles the `next` that waits. */
  #waiting: { end: () => void; refuse: (why: unknown) => void } | undefined;

  constructor(messages: AsyncIterable<T>, guard: Guard) {
    this.#messages = messages[Symbol.asyncIterator]();
    this.#guard = guard;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (!this.#watching && !this.#ended) this.#watch();
    if (this.#refused) throw this.#takeRefusal(this.#refused);
    if (this.#ended) return { done: true, value: undefined };
    try {
      // A promise of its own for each message: one that all messages raced against would hold on to them all.
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        this.#waiting = { end: () => resolve({ done: true, value: undefined }), refuse: reject };
        this.#messages.next().then(resolve, reject);
      });
      if (!next.done) return next;
      this.#end();
      return { done: true, value: undefined };
    } catch (error) {
      this.#end();
      this.#refused = undefined;
      throw error;
    } finally {
      this.#waiting = undefined;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    this.#waiting?.end();
    return { done: true, value: undefined };
  }

  /** What changed between the call's own check and now counts too. */
  #watch(): void {
    const { authenticator, caller } = this.#guard;
    const watching = (this.#watching = new DisposableStack());
    watching.use(authenticator.onChange(() => this.#recheck()));
    watching.use(caller.access.onChange(() => this.#recheck()));
    this.#recheck();
  }

  #recheck(): void {
    if (this.#refused || this.#ended) return;
    try {
      this.#guard.check();
    } catch (why) {
      this.#refused = { why };
      this.#waiting?.refuse(why);
      // Who does not read on gets nothing more either, and nothing is kept for them.
      this.#end();
    }
  }

  #takeRefusal({ why }: { why: unknown }): unknown {
    this.#refused = undefined;
    return why;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watching?.dispose();
    // Not waited for: the handler may be in the middle of waiting for its next message.
    void Promise.resolve(this.#messages.return?.()).catch(() => {});
  }
}
