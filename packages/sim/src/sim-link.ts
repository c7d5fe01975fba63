import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/**
 * A connection that can break: while it is cut, calls fail at once as they do on a refused connection, and those under
 * way end with UNAVAILABLE on this side and an aborted signal on the other.
 */
export class SimLink {
  #broken = new AbortController();
  #cut = false;

  get up(): boolean {
    return !this.#cut;
  }

  cut(why = "the network is cut"): void {
    this.#cut = true;
    this.#break(why);
  }

  heal(): void {
    this.#cut = false;
  }

  /** Ends what is under way; new calls go through. */
  reset(why = "connection reset"): void {
    this.#break(why);
  }

  /** `target` is asked for at each call; undefined: nobody listens there. */
  transport(target: () => Transport | undefined): Transport {
    const open = (signal: AbortSignal | undefined) => {
      const transport = target();
      if (this.#cut || !transport) throw new ConnectError("connection refused", Code.Unavailable);
      const broken = this.#broken.signal;
      return { transport, broken, signal: signal ? AbortSignal.any([signal, broken]) : broken };
    };
    return {
      async unary(method, signal, timeoutMs, header, input, contextValues) {
        const line = open(signal);
        const answer = line.transport.unary(method, line.signal, timeoutMs, header, input, contextValues);
        return unlessBroken(line.broken, answer);
      },
      async stream(method, signal, timeoutMs, header, input, contextValues) {
        const line = open(signal);
        const answer = line.transport.stream(method, line.signal, timeoutMs, header, input, contextValues);
        const response = await unlessBroken(line.broken, answer);
        return { ...response, message: streamUnlessBroken(line.broken, response.message) };
      },
    };
  }

  #break(why: string): void {
    this.#broken.abort(new ConnectError(why, Code.Unavailable));
    this.#broken = new AbortController();
  }
}

function unlessBroken<T>(broken: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onBroken = () => reject(broken.reason as Error);
    if (broken.aborted) onBroken();
    broken.addEventListener("abort", onBroken, { once: true });
    work
      .then(resolve, (cause: unknown) => reject(broken.aborted ? (broken.reason as Error) : (cause as Error)))
      .finally(() => broken.removeEventListener("abort", onBroken));
  });
}

async function* streamUnlessBroken<T>(broken: AbortSignal, messages: AsyncIterable<T>): AsyncIterable<T> {
  const input = messages[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await unlessBroken(broken, input.next());
      if (next.done) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    // Not awaited: the other side may never answer again.
    if (!ended) void Promise.resolve(input.return?.()).catch(() => {});
  }
}
