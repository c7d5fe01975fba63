import { backoffMs } from "@limiquantix/kit";
import { UploadRefused, type Sender } from "./sender.ts";
import { Speed } from "./speed.ts";

/*
 *   sending ──broken──▶ waiting ──▶ sending …
 *     │ ▲                  │
 *   pause resume         pause
 *     ▼ │                  ▼
 *    paused ◀──────────────┘         sending ──▶ done | failed
 */
export type UploadState = "sending" | "waiting" | "paused" | "done" | "failed";

export interface UploadView {
  imageId: string;
  fileName: string;
  sizeBytes: number;
  sentBytes: number;
  state: UploadState;
  bytesPerSecond: number | undefined;
  secondsLeft: number | undefined;
  /** Why it waits or has failed. */
  why: string;
  tryThis: string;
}

export interface UploadParts {
  imageId: string;
  file: File;
  sender: Sender;
  onChange: () => void;
}

const retry = { baseMs: 500, maxMs: 15_000 };

/** One file on its way: goes on where it broke, until it is all there or the server will not have it. */
export class Upload {
  readonly imageId: string;
  readonly file: File;
  readonly #sender: Sender;
  readonly #onChange: () => void;
  readonly #speed = new Speed();
  #state: UploadState = "sending";
  #sent = 0;
  #why = "";
  #tryThis = "";
  #run: AbortController | undefined;
  #view: UploadView | undefined;

  constructor({ imageId, file, sender, onChange }: UploadParts) {
    this.imageId = imageId;
    this.file = file;
    this.#sender = sender;
    this.#onChange = onChange;
  }

  /** The same object until something changes. */
  get view(): UploadView {
    const left = this.file.size - this.#sent;
    const rate = this.#state === "sending" ? this.#speed.bytesPerSecond : undefined;
    return (this.#view ??= {
      imageId: this.imageId,
      fileName: this.file.name,
      sizeBytes: this.file.size,
      sentBytes: this.#sent,
      state: this.#state,
      bytesPerSecond: rate,
      secondsLeft: rate ? left / rate : undefined,
      why: this.#why,
      tryThis: this.#tryThis,
    });
  }

  get ended(): boolean {
    return this.#state === "done" || this.#state === "failed";
  }

  /** Begins, or goes on after a pause. Resolves when it is done, paused or failed. */
  async start(): Promise<void> {
    if (this.#run || this.ended) return;
    const run = (this.#run = new AbortController());
    this.#become("sending");
    try {
      await this.#sendAll(run.signal);
    } finally {
      if (this.#run === run) this.#run = undefined;
    }
  }

  pause(): void {
    if (this.ended) return;
    this.#stop();
    this.#become("paused");
  }

  /** Stops for good, without a word: who cancels deletes the image. */
  cancel(): void {
    this.#stop();
  }

  #stop(): void {
    this.#run?.abort(new Error("it was stopped"));
    this.#run = undefined;
    this.#speed.reset();
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    const { imageId, file } = this;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const before = this.#sent;
      try {
        const offset = await this.#sender.offset(imageId, signal);
        this.#reach(offset);
        this.#become("sending");
        const onProgress = (bytes: number) => signal.aborted || this.#reach(bytes);
        // Nothing is left, and yet the image may not be noted as complete: sending nothing more ends it.
        const reached = await this.#sender.send({ imageId, file, offset, onProgress, signal });
        this.#reach(reached);
        if (reached >= file.size) return this.#become("done");
        throw new Error("the connection broke");
      } catch (cause) {
        if (signal.aborted) return;
        const why = cause instanceof Error ? cause.message : String(cause);
        if (cause instanceof UploadRefused) return this.#become("failed", why, cause.tryThis);
        if (this.#sent > before) attempt = 1;
        this.#speed.reset();
        this.#become("waiting", why);
        await pause(backoffMs(attempt, retry), signal);
      }
    }
  }

  #reach(bytes: number): void {
    this.#sent = Math.min(bytes, this.file.size);
    this.#speed.add(performance.now(), bytes);
    this.#changed();
  }

  #become(state: UploadState, why = "", tryThis = ""): void {
    this.#state = state;
    this.#why = why;
    this.#tryThis = tryThis;
    this.#changed();
  }

  #changed(): void {
    this.#view = undefined;
    this.#onChange();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    // A browser that is back on its network need not wait.
    globalThis.addEventListener?.("online", () => resolve(), { once: true, signal });
  });
}
