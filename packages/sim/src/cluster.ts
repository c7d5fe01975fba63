import type { DescService } from "@bufbuild/protobuf";
import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { drain, FakeClock, silentLog, type Log } from "@limiquantix/kit";
import { SimHost, type HostSize } from "./host/sim-host.ts";
import type { SimStorage } from "./host/sim-storage.ts";
import type { Fetch } from "./host/sim-images.ts";
import { ClusterHost } from "./cluster-host.ts";
import { settle } from "./settle.ts";
import { SimControlPlane } from "./sim-control-plane.ts";
import { SimDaemon } from "./sim-daemon.ts";
import { SimUser } from "./sim-user.ts";

export interface ClusterOptions {
  /** How many hosts: 3 unless told. */
  nodes?: number;
  /** What the first hosts are called; host-1 and so on unless told. */
  names?: readonly string[];
  hostSize?: Partial<HostSize>;
  clock?: FakeClock;
  log?: Log;
  /** What hosts find in the internet; nothing unless told. */
  fetch?: Fetch;
}

/** The real control plane and real node daemons on simulated hosts, in one process under one fake clock. */
export class Cluster implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly control: SimControlPlane;
  readonly hosts: readonly ClusterHost[];
  /** What declared pools lie on, by pool id. */
  readonly storages = new Map<string, SimStorage>();

  constructor(options: ClusterOptions) {
    const { nodes = 3, names = [], hostSize, log = silentLog, fetch } = options;
    const clock = options.clock ?? new FakeClock();
    const locks = new Map<string, string>();
    const storages = this.storages;
    this.clock = clock;
    this.control = new SimControlPlane({ clock, log, dial: (node) => this.#dial(node.spec?.agent?.endpoint ?? "") });
    const controlPlane = this.control.transport;
    this.hosts = Array.from({ length: nodes }, (_, index) => {
      const name = names[index] ?? `host-${index + 1}`;
      // People tell guests apart by their addresses: no two of a usual cluster have the same.
      const host = new SimHost({ name, clock, size: hostSize, locks, storages, addressBlock: 80 + (index % 160) });
      return new ClusterHost(host, new SimDaemon(host, { clock, log, controlPlane, fetch }));
    });
  }

  /** A client of the API, as this machine's own with --dev: it needs no token. */
  client<Service extends DescService>(service: Service): Client<Service> {
    return createClient(service, this.control.transport);
  }

  /** Somebody who may do nothing yet. */
  user(name: string): SimUser {
    return new SimUser(this.control, name);
  }

  /** Hosts count from 0. */
  host(index: number): ClusterHost {
    const host = this.hosts[index];
    if (!host) throw new Error(`there is no host ${index}: the cluster has ${this.hosts.length}`);
    return host;
  }

  /** Something is being done, or two that should be connected are not yet. */
  get busy(): boolean {
    return this.#busyParts().length > 0;
  }

  async start(): Promise<void> {
    await this.control.start();
    for (const host of this.hosts) await host.startDaemon();
    await this.settle();
  }

  /**
   * Runs until nothing is busy and no timer is left that somebody waits for, moving the clock on; guests boot and stop
   * meanwhile. Throws when it takes more than `limitMs` of the clock (10 minutes unless told).
   */
  settle(options: { limitMs?: number } = {}): Promise<void> {
    return settle({
      clock: this.clock,
      busy: () => this.busy,
      limitMs: options.limitMs ?? 600_000,
      describe: () => this.#busyParts().join(", "),
    });
  }

  /** Moves the clock in small steps until `condition` holds; throws after `limitMs` of the clock (a minute unless told). */
  async until(condition: () => boolean | Promise<boolean>, options: { limitMs?: number } = {}): Promise<void> {
    const { limitMs = 60_000 } = options;
    for (const end = this.clock.now() + limitMs; ;) {
      await drain();
      if (await condition()) return;
      if (this.clock.now() >= end) throw new Error(`not within ${limitMs / 1000} s of the clock`);
      await this.clock.advance(50);
    }
  }

  async stop(): Promise<void> {
    for (const host of this.hosts) await host.stopDaemon();
    await this.control.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #dial(endpoint: string): Transport {
    const host = this.hosts.find(({ daemon }) => daemon.endpoint === endpoint);
    if (!host) throw new Error(`no simulated host listens at ${endpoint}`);
    return host.daemon.transport();
  }

  #busyParts(): string[] {
    const parts = this.hosts.flatMap(({ host, daemon }) => {
      if (daemon.busy) return [`the daemon of ${host.name}`];
      const shouldJoin = daemon.up && daemon.link.up && this.control.up;
      return shouldJoin && !daemon.joined ? [`${host.name} is not joined`] : [];
    });
    return this.control.busy ? ["the control plane", ...parts] : parts;
  }
}

/** A cluster that is up, with all its hosts registered. */
export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new Cluster(options);
  await cluster.start();
  return cluster;
}
