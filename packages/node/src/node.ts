import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import { errorInterceptor, problem, Reason, requestIdInterceptor, validationInterceptor } from "@limiquantix/api";
import { NodeDaemonService } from "@limiquantix/api/daemon";
import type { Clock, Log } from "@limiquantix/kit";
import type { NodeParts } from "./node-parts.ts";
import { HostNetworks } from "./observe/host-networks.ts";
import { Observer } from "./observe/observer.ts";
import type { HostFacts } from "./ports/host-facts.ts";
import type { Hypervisor } from "./ports/hypervisor.ts";
import type { NetworkBackend } from "./ports/network-backend.ts";
import type { PoolOpener, VolumeBackend } from "./ports/volume-backend.ts";
import { HostPools } from "./pools/host-pools.ts";
import { Registration, type RegistrationOptions } from "./registration/registration.ts";
import { daemonService } from "./rpc/daemon-service.ts";
import { adoptDisks, releaseWhenOff } from "./vms/adopt-disks.ts";
import type { HostParts } from "./vms/host-parts.ts";
import { mayGoOn } from "./vms/may-go-on.ts";
import { VmRunners } from "./vms/vm-runners.ts";
import { VolumeJobs } from "./volumes/volume-jobs.ts";

export interface NodeOptions {
  hypervisor: Hypervisor;
  /** The host's own pools, by their names. */
  volumes: ReadonlyMap<string, VolumeBackend>;
  /** Opens those that the control plane declares; undefined: none. */
  openPool?: PoolOpener | undefined;
  network: NetworkBackend;
  facts: HostFacts;
  clock: Clock;
  log: Log;
  version: string;
  /** Undefined: the daemon serves and registers nowhere. */
  registration?: RegistrationOptions | undefined;
}

/** A host's daemon, without its sockets. */
export interface Node {
  routes(router: ConnectRouter): void;
  /**
   * Reads what the host has and opens its own pools, then registers in the background; until then its calls are answered
   * UNAVAILABLE. Throws that without a hypervisor.
   */
  start(): Promise<void>;
  /** Ends the streams and, at their next safe points, the orders; guests go on. */
  stop(): Promise<void>;
  readonly registered: boolean;
  /** The control plane follows this host's events. */
  readonly watched: boolean;
  /** Something is being done right now. */
  readonly busy: boolean;
}

export function createNode(options: NodeOptions): Node {
  const { hypervisor, network, facts, clock, log, version } = options;
  const stopping = new AbortController();
  const observer = new Observer({ hypervisor, network, clock, log });
  const networks = new HostNetworks(network);
  const pools: HostPools = new HostPools({
    own: options.volumes,
    opener: options.openPool,
    adopt: (backend, again) => adoptDisks({ hypervisor, observer, log, pools }, backend, again),
    clock,
    log,
  });
  const host: HostParts = {
    hypervisor,
    pools,
    network,
    observer,
    clock,
    log,
    networks,
  };
  hypervisor.guardResume((vmId) => mayGoOn(host, vmId));
  const runners = new VmRunners(host);
  const registration =
    options.registration &&
    new Registration(options.registration, {
      facts,
      hypervisor,
      pools: () => pools.reports(),
      observer,
      networks: () => networks.list(),
      clock,
      log,
      version,
    });
  let eventStreams = 0;
  const parts: NodeParts = {
    ...host,
    facts,
    runners,
    volumeJobs: new VolumeJobs(host),
    version,
    startedAtMs: clock.now(),
    signal: stopping.signal,
    onEventStream(change) {
      eventStreams += change;
      if (eventStreams > 0) registration?.streamFound();
      else registration?.streamLost();
    },
  };
  let registering = Promise.resolve();
  let isStarted = false;
  // Whoever could call would take this host for ready before its own pool is open.
  const whenStarted: Interceptor = (next) => (request) => {
    if (isStarted) return next(request);
    throw problem(Reason.UNAVAILABLE, { what: `host ${facts.hostname}`, why: "its daemon is starting" });
  };

  return {
    routes(router) {
      const interceptors = [requestIdInterceptor, errorInterceptor({ log }), whenStarted, validationInterceptor];
      router.service(NodeDaemonService, daemonService(parts), { interceptors });
    },
    async start() {
      await observer.start(stopping.signal);
      await pools.start();
      releaseWhenOff({ observer, runners, pools, log, signal: stopping.signal });
      isStarted = true;
      if (registration) registering = registration.run(stopping.signal);
    },
    async stop() {
      const reason = problem(Reason.UNAVAILABLE, { what: `host ${facts.hostname}`, why: "its daemon is stopping" });
      stopping.abort(reason);
      await Promise.all([runners.stop(reason), parts.volumeJobs.stop(reason)]);
      // A heartbeat may wait for a pool to be looked at.
      await pools.stop();
      await registering;
    },
    get registered() {
      return registration?.registered ?? false;
    },
    get watched() {
      return eventStreams > 0;
    },
    get busy() {
      return runners.busy || observer.busy || pools.busy || parts.volumeJobs.busy;
    },
  };
}
