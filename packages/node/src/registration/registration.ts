import { Code, ConnectError, createClient, type Client, type Transport } from "@connectrpc/connect";
import { CertificateService, NodeService, stateHash, type HostNetwork, type PoolReport } from "@limiquantix/api";
import { backoffMs, Renewal, renewalDue, sleep, type Clock, type Life, type Log } from "@limiquantix/kit";
import type { Observer } from "../observe/observer.ts";
import { systemReport } from "../observe/reports.ts";
import type { HostFacts } from "../ports/host-facts.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
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
  /** The transport proves this host by its certificate: a token is not needed once there is one. */
  mutualTls?: boolean;
  /** The control plane does not take the saved identity any more: the next call is a stranger's, with the join token. */
  onForgotten?: () => void;
  /** Called for each try to register that failed; it is tried again. */
  onRefused?: (cause: ConnectError) => void;
}

interface RegistrationParts {
  facts: HostFacts;
  hypervisor: Hypervisor;
  pools: () => Promise<PoolReport[]>;
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
  readonly #certificates: Client<typeof CertificateService>;
  readonly #renewal: Renewal;
  #identity: NodeIdentity | undefined;
  #registered = false;
  #signal: AbortSignal | undefined;
  #heartbeatMs = 30_000;
  #nudge = new AbortController();
  #lostStream: Disposable | undefined;

  constructor(options: RegistrationOptions, parts: RegistrationParts) {
    this.#options = options;
    this.#parts = parts;
    this.#client = createClient(NodeService, options.transport);
    this.#certificates = createClient(CertificateService, options.transport);
    this.#renewal = new Renewal({
      clock: parts.clock,
      renew: () => this.#renew(),
      failed: (cause, failures) =>
        parts.log.warn("this host's certificate could not be renewed", { err: cause, failures }),
    });
  }

  get registered(): boolean {
    return this.#registered;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#renewal[Symbol.dispose](), { once: true });
    this.#signal = signal;
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
        const error = ConnectError.from(cause);
        const { message } = error;
        if (!this.#registered) this.#options.onRefused?.(error);
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
    const { facts, hypervisor, pools, log, version } = this.#parts;
    const { agentEndpoint, joinToken, certificates, mutualTls } = this.#options;
    const host = await facts.describe();
    const wanted = this.#certificateDue() ? await certificates?.request(facts.hostname) : undefined;
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
      pools: await pools(),
      csrPem: wanted?.csrPem ?? "",
      joinToken,
    };
    const saved = this.#identity;
    const register = (asked: typeof request) =>
      this.#call(signal, (options) => this.#client.registerNode(asked, options));
    const response = await register(request).catch(async (cause: unknown) => {
      // A control plane that was set up anew does not know the saved credential; a join token still counts.
      if (!saved || !isStranger(cause) || (mutualTls && !joinToken)) throw cause;
      this.#identity = undefined;
      this.#options.onForgotten?.();
      // The next try asks for a certificate as well.
      if (certificates && !wanted) throw cause;
      return register(request);
    });
    const identity = this.#identityFrom(response, wanted?.privateKeyPem);
    await this.#options.identity.save(identity);
    this.#identity = identity;
    this.#registered = true;
    if (response.heartbeatIntervalSecs > 0) this.#heartbeatMs = response.heartbeatIntervalSecs * 1000;
    log.info("registered with the control plane", { nodeId: identity.nodeId, hostname: facts.hostname });
    this.#options.onIdentity(identity);
    this.#followLife();
    await this.#sync(signal);
  }

  #identityFrom(
    response: { node?: { id: string } | undefined; nodeToken: string } & IssuedCertificate,
    privateKeyPem: string | undefined,
  ): NodeIdentity {
    const saved = this.#identity;
    const issued = response.certificatePem !== "" && privateKeyPem !== undefined;
    const { certificatePem, caCertificatePem } = (issued ? response : saved) ?? response;
    return {
      nodeId: response.node?.id ?? "",
      nodeToken: this.#options.mutualTls && issued ? "" : response.nodeToken || saved?.nodeToken || "",
      certificatePem,
      caCertificatePem,
      privateKeyPem: (issued ? privateKeyPem : saved?.privateKeyPem) ?? "",
    };
  }

  #life(): Life | undefined {
    const { certificatePem } = this.#identity ?? {};
    return certificatePem ? this.#options.certificates?.life(certificatePem) : undefined;
  }

  /** There is none that is good, or its renewal is due. */
  #certificateDue(): boolean {
    const life = this.#life();
    return !life || this.#parts.clock.now() >= renewalDue(life);
  }

  #followLife(): void {
    const life = this.#life();
    if (life) this.#renewal.follow(life);
  }

  /** Asks for the next certificate, for a new key; whoever is connected stays so. */
  async #renew(): Promise<Life> {
    const { certificates, identity: store } = this.#options;
    const { facts, log } = this.#parts;
    const before = this.#identity;
    const signal = this.#signal;
    if (!certificates || !before || !signal) throw new Error("this host is not registered");
    const { csrPem, privateKeyPem } = await certificates.request(facts.hostname);
    const { nodeId } = before;
    const { certificatePem, caCertificatePem } = await this.#call(signal, (options) =>
      this.#certificates.renewCertificate({ nodeId, csrPem }, options),
    );
    const life = certificates.life(certificatePem);
    if (!life) throw new Error("the control plane answered with a certificate that is good for nothing");
    const nodeToken = this.#options.mutualTls ? "" : before.nodeToken;
    const identity = { nodeId, nodeToken, certificatePem, caCertificatePem, privateKeyPem };
    await store.save(identity);
    this.#identity = identity;
    this.#options.onIdentity(identity);
    log.info("this host's certificate was renewed", { goodUntil: new Date(life.untilMs).toISOString() });
    return life;
  }

  async #heartbeat(signal: AbortSignal): Promise<void> {
    const { facts, pools, observer } = this.#parts;
    const host = await facts.describe();
    const metrics = await hostMetrics({ facts, observer });
    const nodeId = this.#identity?.nodeId ?? "";
    metrics.nodeId = nodeId;
    const request = {
      nodeId,
      metrics,
      storagePools: await pools(),
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
    const { facts, pools, observer, networks } = this.#parts;
    // Without its hypervisor this host does not know what it has, and an empty list would mean that all is gone.
    if (!observer.link.connected) return;
    const request = {
      nodeId: this.#identity?.nodeId ?? "",
      vms: observer.vms(),
      pools: await pools(),
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

interface IssuedCertificate {
  certificatePem: string;
  caCertificatePem: string;
}

/** The answer of a control plane that does not know this host. */
function isStranger(cause: unknown): boolean {
  const { code } = ConnectError.from(cause);
  return code === Code.NotFound || code === Code.Unauthenticated;
}
