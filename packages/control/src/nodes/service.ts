import { clone, create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ListNodeEventsResponseSchema,
  ListNodesResponseSchema,
  NodeMetricsSchema,
  NodeUpdateSchema,
  problem,
  Reason,
  UpdateType,
  type ListNodesRequest,
  type Node,
  type NodeMetrics,
  type NodeService,
} from "@limiquantix/api";
import { findEvents } from "../events/find-events.ts";
import { callOf } from "../rpc/context.ts";
import { pageOf } from "../rpc/page.ts";
import { nodes } from "../tables.ts";
import { watchTable } from "../watch/watch-table.ts";
import { findNode } from "../hosts/find-node.ts";
import type { NodeServiceParts } from "./node-service-parts.ts";
import { createJoinToken } from "./rpc/create-join-token.ts";
import { addTaint, removeTaint, updateLabels, updateNode } from "./rpc/edit-node.ts";
import { syncFullState, updateHeartbeat } from "./rpc/host-reports.ts";
import { decommissionNode, disableNode, drainNode, enableNode } from "./rpc/maintenance.ts";
import { registerNode } from "./rpc/register-node.ts";

const defaultMetricsSeconds = 2;

export function nodeService(parts: NodeServiceParts) {
  const { db, vitals, metrics } = parts;
  return {
    registerNode: (request, context) => registerNode(parts, request, callOf(context)),
    updateHeartbeat: (request, context) => updateHeartbeat(parts, request, callOf(context)),
    syncFullState: (request, context) => syncFullState(parts, request, callOf(context)),

    createJoinToken: (request, context) => createJoinToken(parts, request, callOf(context)),
    getNode({ id }, context) {
      const { access } = callOf(context);
      return vitals.public(findNode(db, id, access), access);
    },
    listNodes(request, context) {
      const { access } = callOf(context);
      const [matches, visible] = [filterOf(request), access.sees("node", "node.view")];
      const found = [...db.all(nodes)].filter((node) => matches(node) && visible(node));
      const { items, nextPageToken, totalCount } = pageOf(found, request);
      return create(ListNodesResponseSchema, {
        nodes: items.map((node) => vitals.public(node, access)),
        nextPageToken,
        totalCount,
      });
    },
    updateNode: (request, context) => updateNode(parts, request, callOf(context)),
    updateLabels: (request, context) => updateLabels(parts, request, callOf(context)),
    addTaint: (request, context) => addTaint(parts, request, callOf(context)),
    removeTaint: (request, context) => removeTaint(parts, request, callOf(context)),
    enableNode: (request, context) => enableNode(parts, request, callOf(context)),
    disableNode: (request, context) => disableNode(parts, request, callOf(context)),
    drainNode: (request, context) => drainNode(parts, request, callOf(context)),
    decommissionNode: (request, context) => decommissionNode(parts, request, callOf(context)),
    async getNodeMetrics({ id }) {
      const node = db.get(nodes, id);
      if (parts.links.reachable(id)) return ofNode(id, (await metrics.get(id)).node);
      const last = vitals.metrics(id);
      if (last) return ofNode(id, last);
      throw problem(Reason.NODE_UNREACHABLE, { node: node.hostname, cause: "it has sent no measurements yet" });
    },
    async listNodeEvents(request) {
      const { events } = await findEvents(db, { subjectId: request.id, limit: request.limit, since: request.since });
      return create(ListNodeEventsResponseSchema, { events });
    },
    async *watchNode({ id }, context) {
      db.get(nodes, id);
      const { access, signal } = callOf(context);
      const matches = (node: Node) => node.id === id;
      const visible = access.sees("node", "node.view");
      for await (const { type, row } of watchTable(db, nodes, { matches, signal, access, visible })) {
        if (type === UpdateType.DELETED) throw problem(Reason.NOT_FOUND, { kind: "node", id });
        if (row) yield vitals.public(row, access);
      }
    },
    async *watchNodes(request, context) {
      const { access, signal } = callOf(context);
      const matches = labelsMatch(request.labels);
      const visible = access.sees("node", "node.view");
      const from = Number(request.fromRevision);
      const options = { matches, from, signal, access, visible };
      for await (const { type, row, revision } of watchTable(db, nodes, options)) {
        yield create(NodeUpdateSchema, {
          type,
          revision: BigInt(revision),
          ...(row ? { node: vitals.public(row, access) } : {}),
        });
      }
    },
    async *streamNodeMetrics({ id, intervalSec }, context) {
      db.get(nodes, id);
      const intervalMs = (intervalSec || defaultMetricsSeconds) * 1000;
      for await (const measured of metrics.stream(id, intervalMs, context.signal)) yield ofNode(id, measured.node);
    },
  } satisfies ServiceImpl<typeof NodeService>;
}

function filterOf(request: ListNodesRequest): (node: Node) => boolean {
  const phases = new Set(request.phases);
  const hasLabels = labelsMatch(request.labels);
  return (node) =>
    (phases.size === 0 || phases.has(node.status?.phase ?? 0)) &&
    (!request.computeOnly || node.spec?.role?.compute === true) &&
    (!request.storageOnly || node.spec?.role?.storage === true) &&
    (!request.controlPlaneOnly || node.spec?.role?.controlPlane === true) &&
    hasLabels(node);
}

function labelsMatch(labels: Readonly<Record<string, string>>): (node: Node) => boolean {
  const wanted = Object.entries(labels);
  return (node) => wanted.every(([key, value]) => node.labels[key] === value);
}

function ofNode(nodeId: string, measured: NodeMetrics | undefined): NodeMetrics {
  const metrics = measured ? clone(NodeMetricsSchema, measured) : create(NodeMetricsSchema);
  metrics.nodeId = nodeId;
  return metrics;
}
