import type { Client } from "@connectrpc/connect";
import { EventService, NodeService, TaskService, VMService } from "@limiquantix/api";
import type { Database } from "@limiquantix/control";
import type { FakeClock } from "@limiquantix/kit";
import { createCluster, type Cluster, type HostSize, type SimDaemon, type SimHost } from "@limiquantix/sim";

/** A cluster with the clients that tests of the control plane use. */
export class Harness implements AsyncDisposable {
  readonly vms: Client<typeof VMService>;
  readonly nodes: Client<typeof NodeService>;
  readonly tasks: Client<typeof TaskService>;
  readonly events: Client<typeof EventService>;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.vms = cluster.client(VMService);
    this.nodes = cluster.client(NodeService);
    this.tasks = cluster.client(TaskService);
    this.events = cluster.client(EventService);
  }

  static async start(options: { hosts?: number; size?: Partial<HostSize> } = {}): Promise<Harness> {
    const { hosts = 1, size = {} } = options;
    return new Harness(await createCluster({ nodes: hosts, hostSize: size }));
  }

  get clock(): FakeClock {
    return this.#cluster.clock;
  }

  get db(): Database {
    return this.#cluster.control.db;
  }

  get hosts(): SimHost[] {
    return this.#cluster.hosts.map(({ host }) => host);
  }

  get daemons(): SimDaemon[] {
    return this.#cluster.hosts.map(({ daemon }) => daemon);
  }

  settle(): Promise<void> {
    return this.#cluster.settle();
  }

  async restartControl(): Promise<void> {
    await this.#cluster.control.stop();
    await this.#cluster.control.start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cluster.stop();
  }
}
