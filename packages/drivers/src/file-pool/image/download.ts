import { isProblem, problem, Reason } from "@limiquantix/api";
import { backoffMs, type Clock, type Log, sleep } from "@limiquantix/kit";
import type { ImageDownload, StoredImage } from "@limiquantix/node";
import type { PartialFile, PartialRecord } from "./partial-file.ts";

/** Until the server begins to answer. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Without a single byte. */
const SILENCE_TIMEOUT_MS = 60_000;
const ATTEMPTS = 6;
const BACKOFF = { baseMs: 500, maxMs: 15_000 };

/** The side of the library that a download works with. */
export interface DownloadTarget {
  /** What an earlier download of this URL left. */
  partial(): Promise<PartialRecord>;
  receive(
    start: { record: PartialRecord; sizeBytes: number },
    fill: (file: PartialFile) => Promise<void>,
  ): Promise<StoredImage>;
}

export type Downloader = (request: ImageDownload, target: DownloadTarget) => Promise<StoredImage>;

/** A failure that another attempt may mend. */
class Interrupted extends Error {}

/** Fetches by HTTP(S), going on after an interruption where the server can (RFC 9110, 14.2 and 13.1.5). */
export function httpDownloader(parts: { clock: Clock; log: Log }): Downloader {
  const { clock, log } = parts;
  return async (request, target) => {
    const url = checkedUrl(request.url);
    for (let attempt = 1; ; attempt++) {
      try {
        return await attemptDownload(request, target, clock);
      } catch (error) {
        if (request.signal.aborted) throw problem(Reason.CANCELLED, { who: "the caller" }, { cause: error });
        if (isProblem(error)) throw error;
        if (!(error instanceof Interrupted) || attempt === ATTEMPTS)
          throw problem(Reason.IMAGE_DOWNLOAD_FAILED, { url: url.href, cause: wordsOf(error) }, { cause: error });
        log.warn("a download was interrupted and goes on", { url: url.href, attempt, error });
        await sleep(clock, backoffMs(attempt, BACKOFF), { signal: request.signal }).catch(() => {});
      }
    }
  };
}

function checkedUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol))
    throw problem(Reason.IMAGE_DOWNLOAD_FAILED, { url: text, cause: "it is no http or https address" });
  return url;
}

async function attemptDownload(request: ImageDownload, target: DownloadTarget, clock: Clock): Promise<StoredImage> {
  using watchdog = new Watchdog(clock, request.signal);
  const before = await target.partial();
  const response = await ask(request.url, before, watchdog);
  const start = startOf(response, before);
  if (!start) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  }
  return target.receive(start, async (file) => {
    request.onProgress(file.bytes, start.sizeBytes);
    for await (const chunk of bodyOf(response, watchdog)) {
      await file.write(chunk);
      request.onProgress(file.bytes, start.sizeBytes);
    }
    if (file.bytes < start.sizeBytes) throw new Interrupted(`the answer ended at ${file.bytes} of ${start.sizeBytes}`);
  });
}

async function ask(url: string, before: PartialRecord, watchdog: Watchdog): Promise<Response> {
  // Anything but identity would make lengths and offsets those of a compressed form.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (before.offset > 0 && before.validator) {
    headers["range"] = `bytes=${before.offset}-`;
    headers["if-range"] = before.validator;
  }
  watchdog.expect(ANSWER_TIMEOUT_MS, "the server did not answer");
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: watchdog.signal, redirect: "follow" });
  } catch (cause) {
    throw new Interrupted(wordsOf(watchdog.reason ?? cause), { cause });
  }
  if (response.status === 429 || response.status >= 500) {
    await response.body?.cancel();
    throw new Interrupted(`the server answered ${response.status} ${response.statusText}`.trim());
  }
  return response;
}

/** Where the body belongs, and the size of the whole; undefined when the answer is no file. */
function startOf(response: Response, before: PartialRecord): { record: PartialRecord; sizeBytes: number } | undefined {
  const length = Number(response.headers.get("content-length") ?? 0);
  const validator = strongValidator(response.headers);
  if (response.status === 200) return { record: { offset: 0, validator }, sizeBytes: length };
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
  if (response.status !== 206 || Number(range?.[1]) !== before.offset) return undefined;
  return { record: { offset: before.offset, validator: before.validator }, sizeBytes: Number(range?.[2]) };
}

/** A weak ETag does not promise the same bytes (RFC 9110, 8.8.1). */
function strongValidator(headers: Headers): string | undefined {
  const etag = headers.get("etag");
  return etag && !etag.startsWith("W/") ? etag : (headers.get("last-modified") ?? undefined);
}

async function* bodyOf(response: Response, watchdog: Watchdog): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      watchdog.expect(SILENCE_TIMEOUT_MS, "the server fell silent");
      const { value, done } = await reader.read().catch((cause: unknown) => {
        throw new Interrupted(wordsOf(watchdog.reason ?? cause), { cause });
      });
      // The disk may take its time.
      watchdog.rest();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Aborts when nothing comes in time, or when the caller does. */
class Watchdog implements Disposable {
  readonly #clock: Clock;
  readonly #silence = new AbortController();
  readonly signal: AbortSignal;
  #timer: Disposable | undefined;

  constructor(clock: Clock, caller: AbortSignal) {
    this.#clock = clock;
    this.signal = AbortSignal.any([caller, this.#silence.signal]);
  }

  get reason(): unknown {
    return this.#silence.signal.reason;
  }

  expect(withinMs: number, otherwise: string): void {
    this.rest();
    this.#timer = this.#clock.after(withinMs, () =>
      this.#silence.abort(new Error(`${otherwise} for ${withinMs / 1000} s`)),
    );
  }

  rest(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.rest();
  }
}

/** fetch says "fetch failed" and has the cause inside. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.message === "fetch failed" ? error.cause.message : error.message;
}
