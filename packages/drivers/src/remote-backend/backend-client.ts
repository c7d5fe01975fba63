import type { Log } from "@limiquantix/kit";
import { type ByteLink, MessageStream } from "./message-stream.ts";
import type { Answer, Calls, Method, Piece, ToClient, ToHost } from "./messages.ts";
import { ComingBytes, GoingBytes } from "./pieces.ts";
import { receiveError, sendError } from "./sent-error.ts";

export interface CallOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((...values: number[]) => void) | undefined;
  /** What goes along with the call. */
  chunks?: AsyncIterable<Uint8Array> | undefined;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  options: CallOptions;
  coming: ComingBytes;
  going: GoingBytes;
}

/** The end of the line that asks. It lives as long as the line; what waits when that ends fails with why. */
export class BackendClient {
  readonly #line: MessageStream<ToClient, ToHost>;
  readonly #log: Log;
  readonly #whyEnded: () => Error;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | undefined;

  /** `whyEnded` is what fails when the line ends by itself. */
  constructor(link: ByteLink, { log, whyEnded }: { log: Log; whyEnded: () => Error }) {
    this.#line = new MessageStream(link);
    this.#log = log;
    this.#whyEnded = whyEnded;
    void this.#listen();
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  call<M extends Method>(method: M, given: Parameters<Calls[M]>, options: CallOptions = {}): Promise<Answer<M>> {
    return this.#start(method, given, options).answer as Promise<Answer<M>>;
  }

  async *read(imageId: string, offset: number): AsyncIterable<Uint8Array> {
    const { id, answer, coming } = this.#start("images.read", [imageId, offset], {});
    // It fails by its bytes.
    answer.then(
      () => coming.end(),
      (error: unknown) => coming.end(error),
    );
    let isDone = false;
    try {
      yield* coming.bytes();
      isDone = true;
      await answer;
    } finally {
      if (!isDone && this.#waiting.has(id))
        this.#line.send({ kind: "abort", id, reason: sendError(new Error("the reader has gone")) });
    }
  }

  /** Ends the line: all that waits fails with `why`. */
  end(why: Error): void {
    this.#ended ??= why;
    this.#line.close();
    for (const { reject, coming, going } of this.#waiting.values()) {
      reject(this.#ended);
      coming.end(this.#ended);
      going.stop();
    }
    this.#waiting.clear();
  }

  #start(method: Method, given: unknown[], options: CallOptions) {
    const id = ++this.#lastId;
    const send = (piece: Piece) => this.#line.send(piece);
    const [coming, going] = [new ComingBytes(id, send), new GoingBytes(id, send)];
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.set(id, { resolve, reject, options, coming, going });
      this.#line.send({ kind: "call", id, method, given });
    });
    const { signal, chunks } = options;
    const onAbort = () => this.#line.send({ kind: "abort", id, reason: sendError(signal?.reason) });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort);
    // A source that breaks is told to the other end, which fails for it; here it is the source's own error.
    let broken: { error: unknown } | undefined;
    if (chunks) going.run(chunks).catch((error: unknown) => (broken = { error }));
    const settled = answer
      .catch((error: unknown) => {
        throw broken ? broken.error : error;
      })
      .finally(() => signal?.removeEventListener("abort", onAbort));
    settled.catch(() => {});
    return { id, answer: settled, coming };
  }

  async #listen(): Promise<void> {
    try {
      for await (const message of this.#line.messages()) this.#take(message);
    } catch (error) {
      this.#log.debug("a line to storage broke", { err: error });
    }
    this.end(this.#whyEnded());
  }

  #take(message: ToClient): void {
    if (message.kind === "log") return this.#log[message.level](message.message, message.fields);
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    switch (message.kind) {
      case "answer":
        this.#done(message.id, waiting);
        return waiting.resolve(message.value);
      case "failure": {
        this.#done(message.id, waiting);
        const { signal } = waiting.options;
        return waiting.reject(message.aborted && signal?.aborted ? signal.reason : receiveError(message.error));
      }
      case "progress":
        return waiting.options.onProgress?.(...message.values);
      case "used":
        return waiting.going.used();
      default:
        return waiting.coming.take(message);
    }
  }

  #done(id: number, { going }: Waiting): void {
    this.#waiting.delete(id);
    going.stop();
  }
}
