import { problem, Reason, type PoolReport } from "@limiquantix/api";
import type { EnsurePoolRequest } from "@limiquantix/api/daemon";
import type { Clock, Log } from "@limiquantix/kit";
import type { PoolOpener, VolumeBackend } from "../ports/volume-backend.ts";
import { HostPool } from "./host-pool.ts";
import { within } from "./time-limit.ts";

/** So long a caller waits for a look at a pool that is open. To be opened takes as long as it takes: that has limits of its own. */
const ANSWER_MS = 20_000;
/** The daemon is of little use before its own are open; one whose disk says nothing starts without. */
const START_MS = 120_000;

export interface HostPoolsOptions {
  /** The host's own, by name. */
  own: ReadonlyMap<string, VolumeBackend>;
  /** Undefined: this host opens no others. */
  opener: PoolOpener | undefined;
  /** Done with a pool before anybody may use it. `again`: it was open before in this daemon's life. */
  adopt: (backend: VolumeBackend, again: boolean) => Promise<void>;
  clock: Clock;
  log: Log;
}

/** The storage pools that this host uses: its own, and those that the control plane declared. Nothing of them is kept on disk. */
export class HostPools {
  readonly #options: HostPoolsOptions;
  readonly #own = new Map<string, HostPool>();
  readonly #declared = new Map<string, HostPool>();
  readonly #listeners = new Set<(report: PoolReport) => void>();
  #opening = 0;
  #started = false;

  constructor(options: HostPoolsOptions) {
    this.#options = options;
    for (const [name, backend] of options.own) {
      this.#own.set(name, this.#pool({ name, spec: undefined, open: async () => backend }));
    }
  }

  get busy(): boolean {
    return this.#opening > 0;
  }

  /** Those that are open, by their names on this host. */
  get open(): VolumeBackend[] {
    return this.#all().flatMap(({ backend }) => backend ?? []);
  }

  /** The host's own. */
  get own(): VolumeBackend[] {
    return [...this.#own.values()].flatMap(({ backend }) => backend ?? []);
  }

  /** Opens the host's own pools. */
  async start(): Promise<void> {
    this.#started = true;
    await Promise.all([...this.#own.values()].map((pool) => this.#answered(pool.start(), START_MS)));
  }

  /** By its name on this host. Throws POOL_UNAVAILABLE. */
  get(name: string): VolumeBackend {
    const pool = this.#declared.get(name) ?? this.#own.get(name);
    if (pool) return pool.use();
    throw problem(Reason.POOL_UNAVAILABLE, { pool: name || "(none)", cause: "this host has no such pool" });
  }

  /**
   * By its id in the control plane, where no order says how it is called here: what was not declared is the host's own.
   * Throws POOL_UNAVAILABLE.
   */
  ofDisk({ storagePoolId }: { storagePoolId: string }): VolumeBackend {
    if (this.#declared.has(storagePoolId) || this.#own.has(storagePoolId)) return this.get(storagePoolId);
    const [name = ""] = this.#own.keys();
    return this.get(name);
  }

  isDeclared(name: string): boolean {
    return this.#declared.has(name);
  }

  /** Has a declared pool looked at now rather than when its time comes. */
  check(name: string): void {
    this.#declared.get(name)?.check();
  }

  /** Called with each change from now on. */
  subscribe(listener: (report: PoolReport) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The host's own as they are now, the others as they were at their last look. */
  async reports(): Promise<PoolReport[]> {
    await Promise.all([...this.#own.values()].map((pool) => this.#answered(pool.looked())));
    return this.#all().map(({ report }) => report);
  }

  /** Opens a pool, or answers how the one that is open does; what is wrong is in the report. */
  async ensure({ poolId, spec, reconnect }: EnsurePoolRequest): Promise<PoolReport> {
    const { opener } = this.#options;
    if (!spec || !opener) throw problem(Reason.UNSUPPORTED, { what: "a declared pool", why: "this host opens none" });
    let pool = this.#declared.get(poolId);
    if (pool && (reconnect || !pool.isAs(spec))) {
      this.#declared.delete(poolId);
      await pool.close();
      pool = undefined;
    }
    let look: Promise<void>;
    if (pool) look = pool.looked();
    else {
      pool = this.#pool({ name: poolId, spec, open: () => opener.open(poolId, spec) });
      this.#declared.set(poolId, pool);
      look = pool.start();
    }
    this.#opening++;
    try {
      await (pool.backend ? this.#answered(look) : look);
    } finally {
      this.#opening--;
    }
    return pool.report;
  }

  async release(poolId: string): Promise<void> {
    const pool = this.#declared.get(poolId);
    this.#declared.delete(poolId);
    await pool?.close();
  }

  async stop(): Promise<void> {
    if (this.#started) await Promise.all(this.#all().map((pool) => pool.close()));
  }

  #all(): HostPool[] {
    return [...this.#own.values(), ...this.#declared.values()];
  }

  #answered(look: Promise<void>, limitMs = ANSWER_MS): Promise<void> {
    const { clock } = this.#options;
    return within(look, { clock, limitMs, late: () => new Error("it takes long") }).catch(() => {});
  }

  #pool({ name, spec, open }: Pick<ConstructorParameters<typeof HostPool>[0], "name" | "spec" | "open">): HostPool {
    const { adopt, clock, log } = this.#options;
    const onReport = (report: PoolReport) => {
      for (const listener of this.#listeners) listener(report);
    };
    return new HostPool({ name, spec, open, adopt, onReport, clock, log });
  }
}
