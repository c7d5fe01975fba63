import { Code, ConnectError, createClient, type Client, type Transport } from "@connectrpc/connect";
import { NodeService, stateHash, type HostNetwork } from "@limiquantix/api";
import { backoffMs, sleep, type Clock, type Log } from "@limiquantix/kit";
import type { Observer } from "../observe/observer.ts";
import { poolReports, systemReport } from "../observe/reports.ts";
import type { HostFacts } from "../ports/host-facts.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import type { VolumeBackend } from "../ports/volume-backend.ts";
import { hostMetrics } from "../rpc/metrics.ts";
import type { CertificateRequester, NodeIdentity, NodeIdentityStore } from "./identity-store.ts";

const BACKOFF = { baseMs: 200, maxMs: 10_000 };
const CALL_TIMEOUT_MS = 10_000;
/** How long after its last event stream ended the control plane is asked whether it still knows this host. */
const LOST_STREAM_MS = 500;

export interface RegistrationOptions {
  transport: Transport;
  identity: NodeIdentityStore;
  /** Where the control plane finds this daemon: https://10.0.0.11:9090. */
  agentEndpoint: string;
  /** Empty: a saved credential, or a control plane that trusts this address. */
  joinToken: string;
  /** Undefined: no TLS. */
  certificates: CertificateRequester | undefined;
  /** Called when this host got its identity, or a new one. */
  onIdentity: (identity: NodeIdentity) => void;
}

interface RegistrationParts {
  facts: HostFacts;
  hypervisor: Hypervisor;
  volumes: ReadonlyMap<string, VolumeBackend>;
  observer: Observer;
  /** What this host made of the networks so far. */
  networks: () => HostNetwork[];
  clock: Clock;
  log: Log;
  version: string;
}

/**
 * Makes this host known to the control plane and keeps it so.
 *
 *     unknown ──RegisterNode──▶ registered ──UpdateHeartbeat every 30 s──▶ registered
 *        ▲ └──failed: backoff──┘     │ └──failed: backoff, heartbeat again──┘
 *        └──NotFound, Unauthenticated┘
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #parts: RegistrationParts;
  readonly #client: Client<typeof NodeService>;
  #identity: NodeIdentity | undefined;
  #registered = false;
  #heartbeatMs = 30_000;
  #nudge = new AbortController();
  #lostStream: Disposable | undefined;

  constructor(options: RegistrationOptions, parts: RegistrationParts) {
    this.#options = options;
    this.#parts = parts;
    this.#client = createClient(NodeService, options.transport);
  }

  get registered(): boolean {
    return this.#registered;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    this.#identity = await this.#options.identity.load();
    for (let failures = 0; !signal.aborted;) {
      this.#nudge = new AbortController();
      let waitMs: number;
      try {
        if (this.#registered) await this.#heartbeat(signal);
        else await this.#register(signal);
        failures = 0;
        waitMs = this.#heartbeatMs;
      } catch (cause) {
        if (signal.aborted) return;
        if (this.#registered && isStranger(cause)) {
          log.warn("the control plane does not know this host any more: registering again");
          this.#registered = false;
          failures = 0;
          continue;
        }
        failures++;
        waitMs = backoffMs(failures, BACKOFF);
        const { message } = ConnectError.from(cause);
        log.warn(this.#registered ? "the heartbeat failed" : "this host could not be registered", {
          cause: message,
          failures,
          retryInMs: Math.round(waitMs),
        });
      }
      await sleep(clock, waitMs, {
        signal: AbortSignal.any([signal, this.#nudge.signal]),
        background: true,
      }).catch(() => {});
    }
  }

  /** The control plane's last event stream ended, so it may be gone, or have forgotten this host: asks soon. */
  streamLost(): void {
    this.#lostStream ??= this.#parts.clock.after(
      LOST_STREAM_MS,
      () => {
        this.#lostStream = undefined;
        this.#nudge.abort(new Error("the control plane's stream ended"));
      },
      { background: true },
    );
  }

  streamFound(): void {
    this.#lostStream?.[Symbol.dispose]();
    this.#lostStream = undefined;
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { facts, hypervisor, volumes, log, version } = this.#parts;
    const { agentEndpoint, joinToken, certificates } = this.#options;
    const host = await facts.describe();
    const wanted = await certificates?.request(facts.hostname);
    const request = {
      hostname: facts.hostname,
      managementIp: facts.managementIp,
      machineId: facts.machineId,
      role: { compute: true, storage: true },
      agentEndpoint,
      agentVersion: version,
      cpuInfo: host.cpu,
      memoryInfo: host.memory,
      storageDevices: host.storage,
      networkDevices: host.network,
      system: systemReport(facts, hypervisor, host.uptimeSeconds),
      pools: await poolReports(volumes),
      csrPem: wanted?.csrPem ?? "",
      joinToken,
    };
    const saved = this.#identity?.nodeToken;
    const response = await this.#call(signal, (options) => this.#client.registerNode(request, options)).catch(
      (cause: unknown) => {
        // A control plane that was set up anew does not know the saved credential; a join token still counts.
        if (!saved || !isStranger(cause)) throw cause;
        this.#identity = undefined;
        return this.#call(signal, (options) => this.#client.registerNode(request, options));
      },
    );
    const identity: NodeIdentity = {
      nodeId: response.node?.id ?? "",
      nodeToken: response.nodeToken || saved || "",
      certificatePem: response.certificatePem,
      caCertificatePem: response.caCertificatePem,
      privateKeyPem: wanted?.privateKeyPem ?? "",
    };
    await this.#options.identity.save(identity);
    this.#identity = identity;
    this.#registered = true;
    if (response.heartbeatIntervalSecs > 0) this.#heartbeatMs = response.heartbeatIntervalSecs * 1000;
    log.info("registered with the control plane", { nodeId: identity.nodeId, hostname: facts.hostname });
    this.#options.onIdentity(identity);
    await this.#sync(signal);
  }

  async #heartbeat(signal: AbortSignal): Promise<void> {
    const { facts, volumes, observer } = this.#parts;
    const host = await facts.describe();
    const metrics = await hostMetrics({ facts, observer });
    const nodeId = this.#identity?.nodeId ?? "";
    metrics.nodeId = nodeId;
    const request = {
      nodeId,
      metrics,
      storagePools: await poolReports(volumes),
      stateHash: stateHash(observer.vms()),
      bootId: facts.bootId,
      memoryInfo: host.memory,
      networkDevices: host.network,
    };
    const response = await this.#call(signal, (options) => this.#client.updateHeartbeat(request, options));
    if (response.heartbeatIntervalSecs > 0) this.#heartbeatMs = response.heartbeatIntervalSecs * 1000;
    if (response.requestFullSync) await this.#sync(signal);
  }

  async #sync(signal: AbortSignal): Promise<void> {
    const { facts, volumes, observer, networks } = this.#parts;
    // Without its hypervisor this host does not know what it has, and an empty list would mean that all is gone.
    if (!observer.link.connected) return;
    const request = {
      nodeId: this.#identity?.nodeId ?? "",
      vms: observer.vms(),
      pools: await poolReports(volumes),
      networks: networks(),
      bootId: facts.bootId,
    };
    await this.#call(signal, (options) => this.#client.syncFullState(request, options));
  }

  /** With this host's credential, and a deadline by our own clock. */
  async #call<T>(
    signal: AbortSignal,
    call: (options: { signal: AbortSignal; headers: HeadersInit }) => Promise<T>,
  ): Promise<T> {
    const deadline = new AbortController();
    using _timer = this.#parts.clock.after(
      CALL_TIMEOUT_MS,
      () => deadline.abort(new ConnectError("the control plane did not answer in time", Code.DeadlineExceeded)),
      { background: true },
    );
    const token = this.#identity?.nodeToken;
    const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};
    return call({ signal: AbortSignal.any([signal, deadline.signal]), headers });
  }
}

/** The answer of a control plane that does not know this host. */
function isStranger(cause: unknown): boolean {
  const { code } = ConnectError.from(cause);
  return code === Code.NotFound || code === Code.Unauthenticated;
}
