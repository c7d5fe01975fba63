import { createRouterTransport, type Transport } from "@connectrpc/connect";
import type { Node } from "@limiquantix/api";
import {
  aesGcmSealer,
  allTables,
  createControlPlane,
  MemoryStore,
  newSealingKey,
  openDatabase,
  type ControlPlane,
  type Database,
  type PasswordHasher,
  type Store,
} from "@limiquantix/control";
import type { Clock, Log } from "@limiquantix/kit";
import { SimLink } from "./sim-link.ts";
import { Lifetime } from "./lifetime.ts";
import { storeOf } from "./sim-store.ts";

/** The real control plane; it can be killed and started again, the store stays. */
export class SimControlPlane {
  readonly store: Store = new MemoryStore();
  /** What it seals secrets with from its next start on; outside of the store, as a file is. */
  sealingKey: Uint8Array = newSealingKey();
  /** Called before and after each commit: where a test puts its faults. */
  onStep: (step: string) => void = () => {};
  readonly #options: { clock: Clock; log: Log; dial: (node: Node) => Transport };
  readonly #clients = new SimLink();
  #run: { life: Lifetime; control: ControlPlane; db: Database; hosts: SimLink; transport: Transport } | undefined;

  constructor(options: { clock: Clock; log: Log; dial: (node: Node) => Transport }) {
    this.#options = options;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get up(): boolean {
    return this.#run !== undefined;
  }

  get busy(): boolean {
    return this.#run?.control.busy ?? false;
  }

  /** What it knows, to look at. Throws while it is down. */
  get db(): Database {
    if (!this.#run) throw new Error("the control plane is down");
    return this.#run.db;
  }

  /** What it is, to serve it in another way. Throws while it is down. */
  get controlPlane(): ControlPlane {
    if (!this.#run) throw new Error("the control plane is down");
    return this.#run.control;
  }

  /** How clients and hosts reach it, whichever run of it is up. */
  readonly transport: Transport = this.#clients.transport(() => this.#run?.transport);

  async start(): Promise<void> {
    if (this.#run) return;
    const { clock, log, dial } = this.#options;
    const life = new Lifetime(clock);
    const store = storeOf(this.store, life, (step) => this.onStep(step));
    const db = await life.step(openDatabase({ store, tables: allTables, clock: life.clock, log }));
    const hosts = new SimLink();
    const control = createControlPlane({
      db,
      clock: life.clock,
      log,
      dialer: (node) => hosts.transport(() => dial(node)),
      passwordHasher: plainHasher,
      sealer: aesGcmSealer(this.sealingKey),
      system: { version: "sim", store: "memory", dev: true },
    });
    const transport = createRouterTransport((router) => control.routes(router), {
      router: { interceptors: control.interceptors },
    });
    this.#run = { life, control, db, hosts, transport };
    await life.step(control.start());
  }

  /** As kill -9 does it. */
  kill(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.life.kill();
    run?.hosts.cut("the control plane was killed");
    this.#clients.reset("the control plane was killed");
  }

  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await run?.control.stop();
    run?.hosts.cut("the control plane has stopped");
    this.#clients.reset("the control plane has stopped");
    await run?.db[Symbol.asyncDispose]();
    run?.life.kill();
  }
}

/** Passwords on sim protect nothing. */
const plainHasher: PasswordHasher = {
  hash: async (password) => `plain:${password}`,
  verify: async (hash, password) => hash === `plain:${password}`,
};
