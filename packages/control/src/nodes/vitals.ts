import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Node, NodeMetrics } from "@limiquantix/api";
import { noAccess, type Access } from "../access/access.ts";
import type { Database } from "../store/database.ts";
import { vms } from "../tables.ts";

/** What changes all the time about hosts: held in memory, and put into answers, so that a sign of life writes nothing. */
export class NodeVitals {
  readonly #db: Database;
  readonly #lastSeen: (nodeId: string) => number;
  readonly #heartbeats = new Map<string, { at: number; metrics: NodeMetrics | undefined }>();

  constructor(parts: { db: Database; lastSeen: (nodeId: string) => number }) {
    this.#db = parts.db;
    this.#lastSeen = parts.lastSeen;
  }

  heartbeat(nodeId: string, at: number, metrics: NodeMetrics | undefined): void {
    this.#heartbeats.set(nodeId, { at, metrics });
  }

  forget(nodeId: string): void {
    this.#heartbeats.delete(nodeId);
  }

  metrics(nodeId: string): NodeMetrics | undefined {
    return this.#heartbeats.get(nodeId)?.metrics;
  }

  /** The node as an answer shows it: with its last sign of life, and those of its VMs that the caller may see. */
  public(node: Node, access: Access = noAccess): Node {
    const { status } = node;
    if (!status) return node;
    const written = status.lastHeartbeat ? timestampMs(status.lastHeartbeat) : 0;
    const at = Math.max(written, this.#heartbeats.get(node.id)?.at ?? 0, this.#lastSeen(node.id));
    const here = this.#db.by(vms, "node", node.id);
    const shown = access.everywhere("vm.view") ? here : here.filter(access.sees("vm", "vm.view"));
    const vmIds = shown.map((vm) => vm.id);
    return { ...node, status: { ...status, vmIds, ...(at ? { lastHeartbeat: timestampFromMs(at) } : {}) } };
  }
}
