import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/** How bad the network between this page and the simulated control plane is. */
export interface Weather {
  latencyMs: number;
  /** Of a hundred calls, so many fail; streams break now and then. */
  failures: number;
}

export const streamBreaksAfterMs = 12_000;

/** The transport with that weather. Streams that are open when it turns bad break too. */
export function weathered(inner: Transport, weather: () => Weather): Transport {
  const storm = (): void => {
    if (Math.random() * 100 < weather().failures)
      throw new ConnectError("the demo's chaos broke this", Code.Unavailable);
  };
  const travel = (signal?: AbortSignal): Promise<void> => sleep(weather().latencyMs, signal);
  return {
    async unary(method, signal, timeoutMs, header, input, contextValues) {
      await travel(signal);
      storm();
      return inner.unary(method, signal, timeoutMs, header, input, contextValues);
    },
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      await travel(signal);
      storm();
      const broken = new AbortController();
      const either = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal;
      const response = await inner.stream(method, either, timeoutMs, header, input, contextValues);
      return { ...response, message: breaking(response.message, weather, broken) };
    },
  };
}

/** Ends with an error some time after the weather turned bad. */
async function* breaking<T>(messages: AsyncIterable<T>, weather: () => Weather, broken: AbortController) {
  let bad = 0;
  const timer = setInterval(() => {
    bad = weather().failures > 0 ? bad + 500 : 0;
    if (bad > streamBreaksAfterMs)
      broken.abort(new ConnectError("the demo's chaos broke this stream", Code.Unavailable));
  }, 500);
  try {
    for await (const message of messages) yield message;
  } catch (error) {
    throw broken.signal.aborted ? broken.signal.reason : error;
  } finally {
    clearInterval(timer);
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new ConnectError("the page no longer wants it", Code.Canceled));
    });
  });
}
