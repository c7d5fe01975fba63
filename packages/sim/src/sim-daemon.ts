import { createRouterTransport, type Transport } from "@connectrpc/connect";
import type { Clock, Log } from "@limiquantix/kit";
import { createNode, type Node, type NodeIdentity } from "@limiquantix/node";
import { simDrivers } from "./host/sim-drivers.ts";
import type { SimHost } from "./host/sim-host.ts";
import type { Fetch } from "./host/sim-images.ts";
import { SimLink } from "./sim-link.ts";
import { Lifetime } from "./lifetime.ts";

/** The real node daemon's core on a simulated host; it can be killed and started again, the host stays. */
export class SimDaemon {
  readonly host: SimHost;
  /** Between the control plane and this host, both ways. */
  readonly link = new SimLink();
  readonly #options: { clock: Clock; log: Log; controlPlane?: Transport | undefined; fetch?: Fetch | undefined };
  #identity: NodeIdentity | undefined;
  #run: { life: Lifetime; node: Node; transport: Transport } | undefined;

  constructor(
    host: SimHost,
    options: { clock: Clock; log: Log; controlPlane?: Transport | undefined; fetch?: Fetch | undefined },
  ) {
    this.host = host;
    this.#options = options;
  }

  get up(): boolean {
    return this.#run !== undefined;
  }

  get busy(): boolean {
    return this.#run?.node.busy ?? false;
  }

  /** Registered, and followed by the control plane. */
  get joined(): boolean {
    return (this.#run?.node.registered && this.#run.node.watched) ?? false;
  }

  get nodeId(): string {
    return this.#identity?.nodeId ?? "";
  }

  get endpoint(): string {
    return `sim://${this.host.name}`;
  }

  /** How the control plane reaches the daemon, whichever run of it is up. */
  transport(): Transport {
    return this.link.transport(() => this.#run?.transport);
  }

  async start(): Promise<void> {
    if (this.#run) return;
    const { clock, log, controlPlane, fetch } = this.#options;
    const life = new Lifetime(clock);
    const node = createNode({
      ...simDrivers(this.host, life, fetch ? { fetch } : {}),
      clock: life.clock,
      log: log.child({ host: this.host.name }),
      version: "sim",
      registration: controlPlane && {
        transport: this.link.transport(() => (life.alive ? controlPlane : undefined)),
        identity: {
          load: async () => this.#identity,
          save: async (identity) => void (this.#identity = identity),
        },
        agentEndpoint: this.endpoint,
        joinToken: "",
        certificates: undefined,
        onIdentity: () => {},
      },
    });
    this.#run = { life, node, transport: createRouterTransport((router) => node.routes(router)) };
    await life.step(node.start());
  }

  /** As kill -9 does it: nothing of it runs on, the host and its guests do. */
  kill(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.life.kill();
    this.link.reset("the daemon was killed");
  }

  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await run?.node.stop();
    this.link.reset("the daemon has stopped");
  }
}
