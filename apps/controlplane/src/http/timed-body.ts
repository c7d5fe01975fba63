import { Code, ConnectError } from "@connectrpc/connect";

/**
 * The body, as long as it arrives in time: `totalMs` for all of it, or `idleMs` for each piece that is waited for.
 * Throws DEADLINE_EXCEEDED otherwise. Time that the reader takes does not count against `idleMs`.
 */
export async function* timedBody(
  body: AsyncIterable<Uint8Array>,
  limit: { totalMs: number } | { idleMs: number },
): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  const end = "totalMs" in limit ? performance.now() + limit.totalMs : undefined;
  const whole = "totalMs" in limit ? limit.totalMs : limit.idleMs;
  let timer: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      const left = end === undefined ? whole : end - performance.now();
      const late = new Promise<never>((_, reject) => {
        const why = `the request's body did not arrive within ${whole / 1000} s`;
        timer = setTimeout(() => reject(new ConnectError(why, Code.DeadlineExceeded)), Math.max(0, left));
        timer.unref();
      });
      const piece = await Promise.race([pieces.next(), late]);
      clearTimeout(timer);
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    clearTimeout(timer);
    // Not awaited: a body that does not come would hold up its own end.
    pieces.return?.().catch(() => {});
  }
}
