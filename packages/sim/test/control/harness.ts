import { createClient, createRouterTransport, type Client, type Transport } from "@connectrpc/connect";
import { EventService, ImageService, NodeService, TaskService, VMService } from "@limiquantix/api";
import {
  allTables,
  createControlPlane,
  MemoryStore,
  openDatabase,
  type ControlPlane,
  type Database,
} from "@limiquantix/control";
import { FakeClock, silentLog, type Log } from "@limiquantix/kit";
import { settle, SimDaemon, SimHost, type HostSize } from "@limiquantix/sim";

/** The real control plane over simulated hosts, with a clock that only tests move. */
export class Harness implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly store = new MemoryStore();
  readonly hosts: SimHost[] = [];
  readonly daemons: SimDaemon[] = [];
  readonly locks = new Map<string, string>();
  log: Log = silentLog;
  db!: Database;
  control!: ControlPlane;
  #router: Transport | undefined;

  static async start(sizes: (Partial<HostSize> | undefined)[] = [undefined]): Promise<Harness> {
    const harness = new Harness();
    await harness.startControl();
    for (const [i, size] of sizes.entries()) await harness.addHost(`host-${i + 1}`, size);
    await harness.settle();
    return harness;
  }

  async addHost(name: string, size?: Partial<HostSize>): Promise<SimDaemon> {
    const { clock, locks, log } = this;
    const host = new SimHost({ name, clock, size, locks });
    const daemon = new SimDaemon(host, { clock, log, controlPlane: this.transport });
    this.hosts.push(host);
    this.daemons.push(daemon);
    await daemon.start();
    return daemon;
  }

  async startControl(): Promise<void> {
    const { clock, log } = this;
    this.db = await openDatabase({ store: this.store, tables: allTables, clock, log });
    this.control = createControlPlane({
      db: this.db,
      clock,
      log,
      dialer: (node) => {
        const daemon = this.daemons.find(({ endpoint }) => endpoint === node.spec?.agent?.endpoint);
        if (!daemon) throw new Error(`no simulated host ${node.hostname}`);
        return daemon.transport();
      },
      passwordHasher: { hash: async (password) => password, verify: async (hash, password) => hash === password },
      system: { version: "test", store: "memory", dev: true },
    });
    const { control } = this;
    this.#router = createRouterTransport((router) => control.routes(router), {
      router: { interceptors: control.interceptors },
    });
    await control.start();
  }

  /** The control plane ends, gracefully or not, and another one starts on the same store. */
  async restartControl(): Promise<void> {
    await this.control.stop();
    await this.db[Symbol.asyncDispose]();
    await this.startControl();
  }

  /** As kill -9 does it: from that moment nothing of it is written any more; then another one starts. */
  async killControl(): Promise<void> {
    await this.db[Symbol.asyncDispose]();
    await this.control.stop();
    await this.startControl();
  }

  /** Stays good over restarts of the control plane. */
  readonly transport: Transport = {
    unary: (...args) => this.#current().unary(...args),
    stream: (...args) => this.#current().stream(...args),
  };

  #current(): Transport {
    if (!this.#router) throw new Error("the control plane is not up");
    return this.#router;
  }

  readonly vms: Client<typeof VMService> = createClient(VMService, this.transport);
  readonly nodes: Client<typeof NodeService> = createClient(NodeService, this.transport);
  readonly tasks: Client<typeof TaskService> = createClient(TaskService, this.transport);
  readonly events: Client<typeof EventService> = createClient(EventService, this.transport);
  readonly images: Client<typeof ImageService> = createClient(ImageService, this.transport);

  async settle(limitMs = 600_000): Promise<void> {
    const busy = () => this.control.busy || this.daemons.some((daemon) => daemon.busy);
    await settle({ clock: this.clock, busy, limitMs, describe: () => JSON.stringify(this.describe()) });
  }

  describe() {
    return { control: this.control.busy, daemons: this.daemons.map(({ busy, host }) => [host.name, busy]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.daemons) await daemon.stop();
    await this.control.stop();
    await this.db[Symbol.asyncDispose]();
  }
}
