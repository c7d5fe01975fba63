import { create, equals } from "@bufbuild/protobuf";
import {
  isProblem,
  PoolReportSchema,
  problem,
  Reason,
  StoragePoolSpecSchema,
  type PoolReport,
  type StoragePoolSpec,
} from "@limiquantix/api";
import { backoffMs, sleep, type Clock, type Log } from "@limiquantix/kit";
import type { VolumeBackend } from "../ports/volume-backend.ts";
import { guardedBackend, PoolGate } from "./guarded-backend.ts";
import { within } from "./time-limit.ts";

const MEASURE_EVERY_MS = 30_000;
/** No storage that is well takes this long to tell its size. */
const MEASURE_LIMIT_MS = 10_000;
const OPEN_LIMIT_MS = 60_000;
const CLOSE_LIMIT_MS = 10_000;
/** After so many failures in a row it is let go of and opened anew. */
const REOPEN_AFTER = 3;
const BACKOFF = { baseMs: 1000, maxMs: 30_000 };

export interface HostPoolOptions {
  /** Its name on this host. */
  name: string;
  spec: StoragePoolSpec | undefined;
  open: () => Promise<VolumeBackend>;
  /** Done with what was opened before anybody else may use it. `again`: it was open before in this daemon's life. */
  adopt: (backend: VolumeBackend, again: boolean) => Promise<void>;
  onReport: (report: PoolReport) => void;
  clock: Clock;
  log: Log;
}

/**
 * One pool, looked after on its own, so that a dead server holds up no other.
 *
 *     opening ──opened, measured──▶ well ──measured every 30 s──▶ well
 *        ▲ └──failed: backoff──┘     └──failed──▶ away ──measured again──▶ well
 *        └───────────── the third time in a row ──┘
 */
export class HostPool {
  readonly #options: HostPoolOptions;
  readonly #gate: PoolGate;
  readonly #stopping = new AbortController();
  readonly #spec: StoragePoolSpec | undefined;
  #raw: VolumeBackend | undefined;
  #guarded: VolumeBackend | undefined;
  /** Until somebody has its outcome: two at once would take the storage from each other. It ends by limits of its own. */
  #opening: Promise<VolumeBackend> | undefined;
  #openedBefore = false;
  #failures = 0;
  #report: PoolReport;
  #nudge = new AbortController();
  #waiting: (() => void)[] = [];
  /** Those for whom the look that is under way is the first. */
  #looking: (() => void)[] = [];
  /** A measurement that was not answered yet: no second one is begun. */
  #measuring: Promise<void> | undefined;

  constructor(options: HostPoolOptions) {
    this.#options = options;
    this.#spec = options.spec;
    this.#gate = new PoolGate({ clock: options.clock, onSlow: () => this.check() });
    this.#report = create(PoolReportSchema, {
      name: options.name,
      poolId: options.spec ? options.name : "",
      backend: options.spec?.backend ?? 0,
      errorMessage: "it is being opened",
    });
  }

  get report(): PoolReport {
    return this.#report;
  }

  /** Undefined: it is not open. */
  get backend(): VolumeBackend | undefined {
    return this.#guarded;
  }

  /** Throws POOL_UNAVAILABLE with what is wrong. */
  use(): VolumeBackend {
    if (this.#guarded) return this.#guarded;
    throw problem(Reason.POOL_UNAVAILABLE, { pool: this.#options.name, cause: this.#report.errorMessage });
  }

  /** Begins to look after it; answers after the first look. */
  start(): Promise<void> {
    const first = this.looked();
    void this.#run();
    return first;
  }

  /** Whether `spec` is what is open, but for who else has it. */
  isAs(spec: StoragePoolSpec): boolean {
    const plain = (it: StoragePoolSpec) => create(StoragePoolSpecSchema, { backend: it.backend, config: it.config });
    return this.#spec !== undefined && equals(StoragePoolSpecSchema, plain(this.#spec), plain(spec));
  }

  /** Looks at it now rather than when its time comes. */
  check(): void {
    this.#nudge.abort();
  }

  /** The first look that begins after the call. */
  looked(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.check();
    return promise;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#gate.close(problem(Reason.POOL_UNAVAILABLE, { pool: this.#options.name, cause: "it was let go of" }));
    for (const resolve of [...this.#looking, ...this.#waiting.splice(0)]) resolve();
    await this.#letGo();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#nudge = new AbortController();
      this.#looking = this.#waiting.splice(0);
      await this.#look();
      for (const resolve of this.#looking.splice(0)) resolve();
      const waitMs = this.#failures > 0 ? backoffMs(this.#failures, BACKOFF) : MEASURE_EVERY_MS;
      const woken = AbortSignal.any([signal, this.#nudge.signal]);
      await sleep(clock, waitMs, { signal: woken, background: true }).catch(() => {});
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
    // One that opens after all is let go of.
    this.#opening?.then(
      (left) => this.#spec && left[Symbol.asyncDispose](),
      () => {},
    );
  }

  async #look(): Promise<void> {
    try {
      if (!this.#raw) await this.#open();
      await this.#measure();
      this.#failures = 0;
    } catch (cause) {
      if (this.#stopping.signal.aborted) return;
      this.#failures++;
      await this.#fail(cause);
    }
  }

  async #open(): Promise<void> {
    const { name, clock, adopt } = this.#options;
    const late = () => new Error(`it could not be opened within ${OPEN_LIMIT_MS / 1000} s`);
    const opening = this.#begun();
    const raw = await within(opening, { clock, limitMs: OPEN_LIMIT_MS, late }).catch((cause: unknown) => {
      // Still under way: looked at again when it has ended.
      const ended = () => this.check();
      if (this.#opening) opening.then(ended, ended);
      throw cause;
    });
    this.#opening = undefined;
    try {
      this.#stopping.signal.throwIfAborted();
      const limit = { clock, limitMs: OPEN_LIMIT_MS, late: () => new Error(`pool ${name} does not answer`) };
      await within(adopt(raw, this.#openedBefore), limit);
      this.#stopping.signal.throwIfAborted();
    } catch (cause) {
      this.#raw = raw;
      await this.#letGo();
      throw cause;
    }
    this.#raw = raw;
    this.#guarded = guardedBackend(raw, this.#gate);
    this.#openedBefore = true;
  }

  /** The opening under way, or a new one. */
  #begun(): Promise<VolumeBackend> {
    if (!this.#opening) {
      this.#opening = this.#options.open();
      this.#opening.catch(() => (this.#opening = undefined));
    }
    return this.#opening;
  }

  async #measure(): Promise<void> {
    const raw = this.#raw;
    if (!raw) return;
    const { name, clock } = this.#options;
    this.#measuring ??= (async () => {
      const capacity = await raw.capacity();
      this.#gate.open();
      this.#learn({ backend: raw.backend, capabilities: raw.capabilities, capacity, errorMessage: "" });
    })().finally(() => (this.#measuring = undefined));
    // A disk of this machine may be slow; then so is what is done with it.
    if (!this.#spec) return this.#measuring;
    const late = () => problem(Reason.POOL_UNAVAILABLE, { pool: name, cause: "it does not answer" });
    await within(this.#measuring, { clock, limitMs: MEASURE_LIMIT_MS, late });
  }

  async #fail(cause: unknown): Promise<void> {
    const { name, log } = this.#options;
    const message = cause instanceof Error ? cause.message : String(cause);
    const away = isProblem(cause, Reason.POOL_UNAVAILABLE)
      ? cause
      : problem(Reason.POOL_UNAVAILABLE, { pool: name, cause: message }, { cause });
    if (!this.#report.errorMessage) log.warn("a storage pool is away", { pool: name, err: cause });
    if (this.#spec) this.#gate.close(away);
    this.#learn({ errorMessage: isProblem(cause) ? message : away.message });
    if (this.#failures % REOPEN_AFTER === 0 && this.#spec) await this.#letGo();
  }

  async #letGo(): Promise<void> {
    const raw = this.#raw;
    this.#raw = undefined;
    this.#guarded = undefined;
    this.#measuring = undefined;
    // The host's own is not ours to close.
    if (!raw || !this.#spec) return;
    const { name, clock, log } = this.#options;
    const late = () => new Error(`not within ${CLOSE_LIMIT_MS / 1000} s`);
    await within(Promise.resolve(raw[Symbol.asyncDispose]()), { clock, limitMs: CLOSE_LIMIT_MS, late }).catch(
      (cause: unknown) => log.warn("a storage pool could not be closed", { pool: name, err: cause }),
    );
  }

  #learn(change: Partial<Pick<PoolReport, "backend" | "capabilities" | "capacity" | "errorMessage">>): void {
    const after = create(PoolReportSchema, { ...this.#report, ...change });
    if (equals(PoolReportSchema, this.#report, after)) return;
    this.#report = after;
    this.#options.onReport(after);
  }
}
