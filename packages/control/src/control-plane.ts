import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import {
  EventService,
  InventoryService,
  MetricsService,
  NodeService,
  SnapshotScheduleService,
  TaskService,
  VMService,
  VolumeService,
} from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { Access } from "./access/index.ts";
import { Edge, type EdgeParts } from "./edge.ts";
import { aesGcmSealer, newSealingKey, type Sealer } from "./identity/index.ts";
import { eventService } from "./events/service.ts";
import { inventoryService } from "./inventory/service.ts";
import { DrainReconciler } from "./nodes/drain.ts";
import { Divergence } from "./nodes/divergence.ts";
import { HostLinks } from "./nodes/host-links.ts";
import { HostMetrics } from "./hosts/host-metrics.ts";
import { HostObserver } from "./nodes/host-observer.ts";
import { PoolReconciler } from "./pools/reconcile.ts";
import { historyFacts } from "./metrics/past.ts";
import { expose } from "./metrics/prometheus/exposition.ts";
import { PrometheusHistory, type PrometheusApi } from "./metrics/prometheus/prometheus-history.ts";
import { MetricsRecorder, type HistoryFile } from "./metrics/recorder.ts";
import { metricsService } from "./metrics/service.ts";
import type { NodeDialer } from "./nodes/node-dialer.ts";
import { nodeService } from "./nodes/service.ts";
import { NodeVitals } from "./nodes/vitals.ts";
import type { Database } from "./store/database.ts";
import { RecycleBinSweeper } from "./recycle-bin/sweeper.ts";
import { snapshotCancellers } from "./snapshots/cancel.ts";
import { ScheduleReconciler } from "./snapshot-schedules/reconcile.ts";
import { snapshotScheduleService } from "./snapshot-schedules/service.ts";
import { SnapshotReconciler } from "./snapshots/reconcile.ts";
import { VolumeReconciler } from "./volumes/reconcile.ts";
import { volumeService } from "./volumes/service.ts";
import { volumeCancellers } from "./volumes/cancel.ts";
import { sweepHistory } from "./tasks/retention.ts";
import { taskService } from "./tasks/service.ts";
import { vmCancellers } from "./vms/cancel.ts";
import { Placer } from "./vms/placement.ts";
import { TombstoneReconciler } from "./vms/reconcile-tombstones.ts";
import { VmReconciler } from "./vms/reconcile.ts";
import { vmService } from "./vms/service.ts";
import { VmIndex } from "./vms/vm-index.ts";

export type ControlPlaneParts = Omit<EdgeParts, "hosts" | "sealer" | "metricsHistory"> & {
  /** How hosts are reached. */
  dialer: NodeDialer;
  /** Seals guests' secrets in the store. Undefined: with a key that is forgotten at the end. */
  sealer?: Sealer | undefined;
  /** Where the history of measurements outlives the process; undefined: it does not. */
  metricsFile?: HistoryFile | undefined;
  /** Where what is older than a day is asked for; undefined: it is not kept. */
  prometheus?: PrometheusApi | undefined;
};

const sweepEveryMs = 3600_000;

/**
 * The whole control plane, without a port or a clock of its own: the app, the simulator and a browser run the same.
 * `routes` and `interceptors` go to a Connect server; `start` begins to reconcile.
 */
export class ControlPlane {
  readonly interceptors: Interceptor[];
  /** Join tokens, hosts' credentials, and the certificate that hosts are dialled with. */
  readonly trust: Edge["trust"];
  readonly authenticate: Edge["authenticate"];
  /** Takes what browsers bring back from OpenID providers. */
  readonly signOn: Edge["signOn"];
  readonly #edge: Edge;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #observer: HostObserver;
  readonly #links: HostLinks;
  readonly #vms: VmReconciler;
  readonly #tombstones: TombstoneReconciler;
  readonly #drains: DrainReconciler;
  readonly #pools: PoolReconciler;
  readonly #volumes: VolumeReconciler;
  readonly #snapshots: SnapshotReconciler;
  readonly #schedules: ScheduleReconciler;
  readonly #bin: RecycleBinSweeper;
  readonly #recorder: MetricsRecorder;
  readonly #past: PrometheusHistory | undefined;
  readonly #version: string;
  readonly #placer: Placer;
  readonly #index: VmIndex;
  readonly #services: (router: ConnectRouter) => void;
  #sweep: Disposable | undefined;

  constructor(parts: ControlPlaneParts) {
    const { db, clock, log, dialer, sealer = aesGcmSealer(newSealingKey()) } = parts;
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    const observer = new HostObserver({ db, clock, log });
    const links = new HostLinks({ db, clock, log, dialer, listener: observer });
    const { prometheus } = parts;
    const past = prometheus && new PrometheusHistory({ api: prometheus, db, clock, log });
    const metricsHistory = () => historyFacts(past, clock.now());
    const edge = new Edge({ ...parts, sealer, hosts: links, metricsHistory });
    const placer = new Placer(db);
    const index = new VmIndex(db);
    const metrics = new HostMetrics({ hosts: links, clock });
    const recorder = new MetricsRecorder({ db, clock, log, hosts: links, file: parts.metricsFile });
    const divergence = new Divergence(db);
    const vitals = new NodeVitals({ db, lastSeen: (nodeId) => links.lastSeen(nodeId) });
    const pools = new PoolReconciler({ db, clock, log, hosts: links, sealer });
    this.#vms = new VmReconciler({ db, clock, log, hosts: links, images: edge.distribution, pools, sealer });
    this.#volumes = new VolumeReconciler({ db, clock, log, hosts: links, images: edge.distribution, pools });
    this.#snapshots = new SnapshotReconciler({ db, clock, log, hosts: links, pools });
    this.#schedules = new ScheduleReconciler({ db, clock, log, hosts: links });
    this.#bin = new RecycleBinSweeper({ db, clock, log });
    this.#pools = pools;
    this.#tombstones = new TombstoneReconciler({ db, clock, log, hosts: links });
    observer.onPools = (nodeId, reports) => pools.reported(nodeId, reports);
    observer.onReachable = (nodeId) => {
      pools.hostReachable(nodeId);
      this.#volumes.hostReachable(nodeId);
      this.#snapshots.hostReachable(nodeId);
      this.#vms.hostReachable(nodeId);
      this.#tombstones.hostReachable(nodeId);
      recorder.hostReachable(nodeId);
    };
    observer.onUnreachable = (nodeId) => {
      pools.hostUnreachable(nodeId);
      this.#volumes.hostUnreachable(nodeId);
      this.#snapshots.hostUnreachable(nodeId);
      this.#vms.hostUnreachable(nodeId);
      this.#tombstones.hostUnreachable(nodeId);
      recorder.hostUnreachable(nodeId);
    };
    this.#drains = new DrainReconciler({ db, clock, log });
    this.#recorder = recorder;
    this.#past = past;
    this.#version = parts.system.version;
    this.#observer = observer;
    this.#links = links;
    this.#placer = placer;
    this.#index = index;
    this.#edge = edge;
    this.trust = edge.trust;
    this.authenticate = edge.authenticate;
    this.signOn = edge.signOn;
    this.interceptors = edge.interceptors;
    const cancellers = { ...vmCancellers(clock), ...volumeCancellers(clock), ...snapshotCancellers(clock) };
    this.#services = (router) => {
      router.service(
        VMService,
        vmService({ db, clock, placer, index, hosts: links, metrics, sealer, consoles: edge.consoles }),
      );
      router.service(VolumeService, volumeService({ db, clock, placer, index, hosts: links, metrics, sealer }));
      router.service(SnapshotScheduleService, snapshotScheduleService({ db, clock }));
      router.service(
        NodeService,
        nodeService({ db, clock, trust: edge.trust, links, observer, vitals, divergence, metrics }),
      );
      router.service(TaskService, taskService({ db, clock, cancellers }));
      router.service(EventService, eventService({ db }));
      router.service(
        MetricsService,
        metricsService({ db, clock, past, history: recorder.history, loads: recorder.loads }),
      );
      router.service(InventoryService, inventoryService({ db, vitals }));
    };
  }

  /** Something converges right now: work that only waits for a host does not count. */
  get busy(): boolean {
    const storage = [this.#pools, this.#volumes, this.#snapshots, this.#schedules, this.#bin];
    const reconcilers = [this.#vms, this.#tombstones, this.#drains, ...storage];
    const parts = [this.#observer, this.#links, this.#placer, this.#edge, ...reconcilers];
    return parts.some((part) => part.busy);
  }

  routes(router: ConnectRouter): void {
    this.#services(router);
    this.#edge.routes(router);
  }

  async start(): Promise<void> {
    await this.#edge.start();
    await this.#recorder.start();
    this.#past?.start();
    this.#links.start();
    this.#vms.start();
    this.#tombstones.start();
    this.#drains.start();
    this.#pools.start();
    await this.#volumes.start();
    this.#snapshots.start();
    this.#schedules.start();
    this.#bin.start();
    this.#sweepLater();
  }

  /** Ends all work; what is not done goes on after the next start. */
  async stop(): Promise<void> {
    this.#sweep?.[Symbol.dispose]();
    this.#links.stop();
    this.#past?.stop();
    await Promise.all([
      this.#vms.stop(),
      this.#tombstones.stop(),
      this.#drains.stop(),
      this.#pools.stop(),
      this.#volumes.stop(),
      this.#snapshots.stop(),
      this.#schedules.stop(),
      this.#bin.stop(),
      this.#edge.stop(),
      this.#recorder.stop(),
    ]);
    this.#index[Symbol.dispose]();
  }

  /** What the caller may see of VMs, hosts and pools, as Prometheus scrapes it: text format 0.0.4, in blocks. */
  exposeMetrics(access: Access): Iterable<string> {
    return expose({ db: this.#db, clock: this.#clock, recorder: this.#recorder, version: this.#version }, access);
  }

  /** On a store without users: makes `admin`; its password is answered this once. */
  ensureFirstAdministrator(): ReturnType<Edge["ensureFirstAdministrator"]> {
    return this.#edge.ensureFirstAdministrator();
  }

  firstLoginPending(): boolean {
    return this.#edge.firstLoginPending();
  }

  firstJoinToken(): Promise<string | undefined> {
    return this.#edge.firstJoinToken();
  }

  /** Uses a console ticket up and answers the way to the console. Throws CONSOLE_TICKET_INVALID. */
  openConsole(ticket: string): ReturnType<Edge["openConsole"]> {
    return this.#edge.openConsole(ticket);
  }

  #sweepLater(): void {
    const next = () => {
      sweepHistory({ db: this.#db, clock: this.#clock }).catch((cause: unknown) =>
        this.#log.warn("sweep old tasks and events", { err: cause }),
      );
      this.#sweepLater();
    };
    this.#sweep = this.#clock.after(sweepEveryMs, next, { background: true });
  }
}

export function createControlPlane(parts: ControlPlaneParts): ControlPlane {
  return new ControlPlane(parts);
}
