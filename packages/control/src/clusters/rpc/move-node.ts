import { create } from "@bufbuild/protobuf";
import { MoveNodeResponseSchema, type MoveNodeRequest, type MoveNodeResponse } from "@limiquantix/api";
import { notFound } from "../../access/access.ts";
import { Inventory } from "../../access/inventory.ts";
import type { AccessParts } from "../../access/parts.ts";
import { recordEvent } from "../../events/event.ts";
import { nodeRef } from "../../nodes/node.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { nodes } from "../../tables.ts";

/** Puts a host into a cluster, which may be named, or out of the one that it is in. Its VMs run on. */
export function moveNode(parts: AccessParts, request: MoveNodeRequest, call: Call): Promise<MoveNodeResponse> {
  const { clock } = parts;
  const mutation = { method: "ClusterService.MoveNode", request, response: MoveNodeResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const node = tx.get(nodes, request.nodeId);
    const wanted = request.clusterId;
    if (wanted !== "") call.access.require("cluster.edit", { kind: "cluster", id: wanted });
    const cluster = wanted === "" ? undefined : new Inventory(tx).find("cluster", wanted);
    if (wanted !== "" && !cluster) throw notFound({ kind: "cluster", id: wanted });
    if (node.clusterId === (cluster?.id ?? "")) return create(MoveNodeResponseSchema);
    tx.update(nodes, node.id, (copy) => void (copy.clusterId = cluster?.id ?? ""));
    const where = cluster ? `into cluster ${cluster.name}` : "out of its cluster";
    const message = `host ${node.hostname} was moved ${where}`;
    recordEvent(tx, { clock, call, type: "config", message, subject: nodeRef(node), nodeId: node.id });
    return create(MoveNodeResponseSchema);
  });
}
