import { createClient, type Client } from "@connectrpc/connect";
import {
  fromConnectError,
  problem,
  Reason,
  type HostNetwork,
  type Node,
  type ObservedVm,
  type PoolReport,
} from "@limiquantix/api";
import { NodeDaemonService, type NodeEvent, type NodeSnapshot } from "@limiquantix/api/daemon";
import { backoffMs, sleep, type Clock, type Log } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { nodes } from "../tables.ts";
import type { HostClients } from "../hosts/host-clients.ts";
import type { NodeDialer } from "./node-dialer.ts";

/** Without a sign of life for this long a host is not ready. Hosts give one every second. */
export const livenessMs = 5000;
const sweepMs = 1000;
const backoff = { baseMs: 100, maxMs: 2000 };

/** What the links hear. Called in the order of the host's stream; must not throw. */
export interface HostListener {
  /** The first message of each stream. */
  snapshot(nodeId: string, snapshot: NodeSnapshot): void;
  vmChanged(nodeId: string, vm: ObservedVm): void;
  vmGone(nodeId: string, vmId: string): void;
  networkChanged(nodeId: string, network: HostNetwork): void;
  poolChanged(nodeId: string, pool: PoolReport): void;
  hypervisor(nodeId: string, change: { connected: boolean; message: string }): void;
  /** No sign of life for `livenessMs`. Told once until it is back, which a snapshot tells. */
  lost(nodeId: string, cause: string): void;
}

interface Link {
  nodeId: string;
  endpoint: string;
  /** Undefined until its endpoint could be dialled. */
  client: Client<typeof NodeDaemonService> | undefined;
  /** Ends the link for good. */
  end: AbortController;
  /** Ends the present attempt; another one follows. */
  attempt: AbortController;
  attemptedAt: number;
  lastMessageAt: number;
  up: boolean;
  toldLost: boolean;
  /** The first attempt is under way. */
  fresh: boolean;
  /** The last snapshot was of a host that had no hypervisor: it tells nothing about VMs. */
  blind: boolean;
  cause: string;
  /** Cuts a backoff short. */
  hurry: AbortController;
}

/** One stream of events per registered host, kept up with backoff; calls go the same way. */
export class HostLinks implements HostClients {
  readonly #parts: { db: Database; clock: Clock; log: Log; dialer: NodeDialer; listener: HostListener };
  readonly #links = new Map<string, Link>();
  #subscription: Disposable | undefined;
  #sweep: Disposable | undefined;

  constructor(parts: { db: Database; clock: Clock; log: Log; dialer: NodeDialer; listener: HostListener }) {
    this.#parts = parts;
  }

  /** A host is being connected to for the first time. */
  get busy(): boolean {
    for (const link of this.#links.values()) if (link.fresh) return true;
    return false;
  }

  start(): void {
    const { db } = this.#parts;
    this.#subscription = db.subscribe((changes) => {
      for (const { table, id, after } of changes) {
        if (table.kind === nodes.kind) this.#follow(id, after as Node | undefined);
      }
    });
    for (const node of db.all(nodes)) this.#follow(node.id, node);
    this.#scheduleSweep();
  }

  stop(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#sweep?.[Symbol.dispose]();
    for (const link of this.#links.values()) end(link);
    this.#links.clear();
  }

  /** The host has just spoken: it is worth an attempt now. */
  hurry(nodeId: string): void {
    this.#links.get(nodeId)?.hurry.abort();
  }

  /** Ends the stream that is up; the next one begins with a snapshot. */
  readAgain(nodeId: string, why: string): void {
    const link = this.#links.get(nodeId);
    if (!link?.up) return;
    this.#parts.log.warn("host: read again", { node: nodeId, why });
    link.attempt.abort(new Error(why));
  }

  client(nodeId: string): Client<typeof NodeDaemonService> {
    const link = this.#links.get(nodeId);
    if (link?.up && link.client) return link.client;
    const node = this.#parts.db.find(nodes, nodeId)?.hostname ?? nodeId;
    throw problem(Reason.NODE_UNREACHABLE, { node, cause: link?.cause || "it is not connected" });
  }

  reachable(nodeId: string): boolean {
    return this.#links.get(nodeId)?.up ?? false;
  }

  /** Milliseconds since the Unix epoch of the last sign of life; 0: none since this process started. */
  lastSeen(nodeId: string): number {
    const link = this.#links.get(nodeId);
    return link?.up ? link.lastMessageAt : 0;
  }

  #follow(id: string, node: Node | undefined): void {
    const endpoint = node?.spec?.agent?.endpoint ?? "";
    const link = this.#links.get(id);
    if (link && node && link.endpoint === endpoint) return;
    if (link) {
      end(link);
      this.#links.delete(id);
    }
    if (!node || !endpoint) return;
    const now = this.#parts.clock.now();
    const fresh: Link = {
      nodeId: id,
      endpoint,
      client: undefined,
      end: new AbortController(),
      attempt: new AbortController(),
      attemptedAt: now,
      lastMessageAt: now,
      up: false,
      toldLost: false,
      fresh: true,
      blind: false,
      cause: "",
      hurry: new AbortController(),
    };
    this.#links.set(id, fresh);
    void this.#keepUp(fresh, node);
  }

  async #keepUp(link: Link, node: Node): Promise<void> {
    const { clock, log, dialer } = this.#parts;
    for (let failures = 0; !link.end.signal.aborted;) {
      link.attempt = new AbortController();
      link.attemptedAt = clock.now();
      try {
        const signal = AbortSignal.any([link.end.signal, link.attempt.signal]);
        link.client ??= createClient(NodeDaemonService, dialer(node));
        for await (const event of link.client.streamEvents({}, { signal })) {
          if (signal.aborted) break;
          failures = 0;
          this.#hear(link, event);
        }
        link.cause = "its daemon ended the stream";
      } catch (error) {
        link.cause = causeOf(link, error);
      }
      link.up = false;
      link.fresh = false;
      if (link.end.signal.aborted) return;
      failures++;
      log.debug("host: the stream ended", { node: link.nodeId, failures, cause: link.cause });
      link.hurry = new AbortController();
      const signal = AbortSignal.any([link.end.signal, link.hurry.signal]);
      await sleep(clock, backoffMs(failures, backoff), { signal, background: true }).catch(() => {});
    }
  }

  #hear(link: Link, { event }: NodeEvent): void {
    const { listener, clock } = this.#parts;
    link.lastMessageAt = clock.now();
    switch (event.case) {
      case "snapshot":
        link.up = true;
        link.fresh = false;
        link.toldLost = false;
        link.blind = !event.value.hypervisorConnected;
        return listener.snapshot(link.nodeId, event.value);
      case "vmChanged":
        return listener.vmChanged(link.nodeId, event.value);
      case "vmGone":
        return listener.vmGone(link.nodeId, event.value);
      case "networkChanged":
        return listener.networkChanged(link.nodeId, event.value);
      case "poolChanged":
        return listener.poolChanged(link.nodeId, event.value);
      case "hypervisor":
        listener.hypervisor(link.nodeId, event.value);
        // What it has is told by a snapshot only.
        if (event.value.connected && link.blind) link.attempt.abort(new Error("read it again"));
        return;
      default:
        return;
    }
  }

  #scheduleSweep(): void {
    this.#sweep = this.#parts.clock.after(
      sweepMs,
      () => {
        for (const link of this.#links.values()) this.#checkLife(link);
        this.#scheduleSweep();
      },
      { background: true },
    );
  }

  #checkLife(link: Link): void {
    const now = this.#parts.clock.now();
    if (now - link.lastMessageAt <= livenessMs) return;
    if (now - link.attemptedAt > livenessMs)
      link.attempt.abort(new Error(`no sign of life for ${livenessMs / 1000} s`));
    link.up = false;
    if (link.toldLost) return;
    link.toldLost = true;
    this.#parts.listener.lost(link.nodeId, link.cause || `no sign of life for ${livenessMs / 1000} s`);
  }
}

function end(link: Link): void {
  link.end.abort(new Error("the link was ended"));
  link.up = false;
}

function causeOf(link: Link, error: unknown): string {
  const reason: unknown = link.attempt.signal.reason;
  if (reason instanceof Error) return reason.message;
  const cause = fromConnectError(error, "its daemon");
  return cause.params.why ?? cause.message;
}
