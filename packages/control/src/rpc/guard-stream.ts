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
export async function* guardStream<T>(messages: AsyncIterable<T>, guard: Guard): AsyncGenerator<T> {
  let refused: { why: unknown } | undefined;
  let wake: ((why: unknown) => void) | undefined;
  const recheck = () => {
    if (refused) return;
    try {
      guard.check();
    } catch (why) {
      refused = { why };
      wake?.(why);
    }
  };
  using credentials = guard.authenticator.onChange(recheck);
  using rights = guard.caller.access.onChange(recheck);
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (;;) {
      if (refused) throw refused.why;
      // A promise of its own for each message: one that all messages raced against would hold on to them all.
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        wake = reject;
        iterator.next().then(resolve, reject);
      });
      wake = undefined;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    void [credentials, rights];
    // Not waited for: the handler may be in the middle of waiting for its next message.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
