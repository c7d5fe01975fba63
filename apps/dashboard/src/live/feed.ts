import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { UpdateType, type InventoryUpdate, type InventoryService } from "@limiquantix/api";
import { backoffMs } from "@limiquantix/kit";
import type { Change, Collection } from "./collection.ts";

export type Link =
  /** Nothing has been seen yet. */
  | "connecting"
  /** What is shown is what is. */
  | "live"
  /** What is shown is the last that was seen; it is being tried again. */
  | "lost"
  /** Not signed in: trying again does not help. */
  | "refused";

type Kind = Exclude<InventoryUpdate["object"]["case"], undefined>;
type Row<K extends Kind> = Extract<InventoryUpdate["object"], { case: K }>["value"];
export type Collections = { readonly [K in Kind]: Collection<Row<K>> };

const retry = { baseMs: 300, maxMs: 8000 };
/** A server that is there answers by then. */
const answerMs = 10_000;
/** A stream that told nothing for so long is asked for anew, from where it was: it may have died without a word. */
const quietMs = 25_000;

/** The one stream that fills all collections. It resumes where it broke and loses no update. */
export class Feed {
  readonly #client: Client<typeof InventoryService>;
  readonly #collections: Collections;
  readonly #listeners = new Set<() => void>();
  #link: Link = "connecting";
  #error: unknown;
  #revision = 0n;
  #run: AbortController | undefined;
  #wake: (() => void) | undefined;

  constructor(client: Client<typeof InventoryService>, collections: Collections) {
    this.#client = client;
    this.#collections = collections;
  }

  get link(): Link {
    return this.#link;
  }

  get error(): unknown {
    return this.#error;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  start(): void {
    if (!this.#run) void this.#loop((this.#run = new AbortController()).signal);
  }

  stop(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#wake?.();
  }

  /** Tries at once what waits to be tried again. */
  retryNow(): void {
    this.#wake?.();
  }

  async #loop(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      // A snapshot that was cut off in the middle begins again.
      if (this.#revision === 0n) this.#reset();
      const silence = new Silence();
      try {
        const updates = this.#client.watchInventory(
          { fromRevision: this.#revision },
          { signal: AbortSignal.any([signal, silence.signal]) },
        );
        for await (const update of updates) {
          silence.broken();
          this.#apply(update);
          if (this.#link === "live") attempt = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#error = error;
        const { code } = ConnectError.from(error);
        if (code === Code.Unauthenticated || code === Code.PermissionDenied) {
          this.#run = undefined;
          return this.#become("refused");
        }
      } finally {
        silence.end();
      }
      if (signal.aborted) return;
      // Perhaps there was nothing to tell: what is shown counts until asking again gets no answer.
      if (silence.afterAll) continue;
      this.#become("lost");
      await this.#pause(backoffMs(attempt + 1, retry));
    }
  }

  #apply({ type, object, revision }: InventoryUpdate): void {
    if (type === UpdateType.RESET) {
      this.#revision = 0n;
      this.#reset();
    } else if (type === UpdateType.SYNCED) {
      for (const collection of Object.values(this.#collections)) collection.synced();
      this.#error = undefined;
      this.#become("live");
    } else if (object.case) {
      (this.#collections[object.case] as Collection<{ id: string }>).apply(type as Change, object.value);
    }
    if (revision > 0n) this.#revision = revision;
  }

  #reset(): void {
    for (const collection of Object.values(this.#collections)) collection.reset();
  }

  #become(link: Link): void {
    if (link === this.#link) return;
    this.#link = link;
    for (const listener of Array.from(this.#listeners)) listener();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }
}

/** Aborts when a stream is silent for too long. By the clock on the wall: a laptop that wakes up finds out at once. */
class Silence {
  readonly #abort = new AbortController();
  readonly #watch: ReturnType<typeof setInterval>;
  #heardAt = Date.now();
  #mostMs = answerMs;

  constructor() {
    this.#watch = setInterval(() => {
      if (Date.now() - this.#heardAt > this.#mostMs) this.#abort.abort();
    }, 1000);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** It ended in silence, and had spoken before. */
  get afterAll(): boolean {
    return this.#abort.signal.aborted && this.#mostMs === quietMs;
  }

  broken(): void {
    this.#heardAt = Date.now();
    this.#mostMs = quietMs;
  }

  end(): void {
    clearInterval(this.#watch);
  }
}
