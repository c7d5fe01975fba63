import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AgentEndpointSchema,
  NodeRoleSchema,
  NodeSchedulingSchema,
  NodeSchema,
  NodeSpecSchema,
  NodeStatusSchema,
  problem,
  Reason,
  RegisterNodeResponseSchema,
  SystemInfoReportSchema,
  type Node,
  type RegisterNodeRequest,
  type RegisterNodeResponse,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { recordEvent } from "../../events/event.ts";
import { reportPools } from "../../pools/report.ts";
import type { Call } from "../../rpc/call.ts";
import type { Transaction } from "../../store/database.ts";
import { nodes } from "../../tables.ts";
import { resourcesOf } from "../../vms/reservation.ts";
import { nodeRef, phaseOf } from "../node.ts";
import type { NodeServiceParts } from "../node-service-parts.ts";

export const heartbeatSeconds = 30;

/**
 * Takes a host in, or takes it back: the same machine id is the same node. A host proves itself with a join token, or
 * with the credential of an earlier registration; on the open loopback of --dev with nothing.
 * Throws JOIN_TOKEN_INVALID, PERMISSION_DENIED.
 */
export async function registerNode(
  parts: NodeServiceParts,
  request: RegisterNodeRequest,
  call: Call,
): Promise<RegisterNodeResponse> {
  const { db, clock, trust, links, vitals } = parts;
  const { principal } = call;
  const known = db.by(nodes, "machine", request.machineId)[0];
  if (principal.kind === "node" && principal.id !== known?.id) {
    throw problem(Reason.PERMISSION_DENIED, { who: `host ${principal.name}` });
  }
  // A person has no host to speak for; without a token it is the open loopback of --dev.
  if (principal.kind === "user" && principal.tokenId) {
    throw problem(Reason.PERMISSION_DENIED, { who: `user ${principal.name}` });
  }
  if (principal.kind === "nobody" && !request.joinToken) throw problem(Reason.JOIN_TOKEN_INVALID);
  const nodeId = known?.id ?? newId();
  // A host that proved itself by its credential keeps it; a certificate it may want for a new key.
  const wantsCredential = principal.kind !== "node" || request.csrPem !== "";
  const { hostname, csrPem } = request;
  const credential = wantsCredential ? await trust.issueNodeCredential({ nodeId, hostname, csrPem, call }) : undefined;
  const node = await db.transact((tx) => {
    if (principal.kind === "nobody") trust.verifyJoinToken(tx, request.joinToken);
    credential?.store(tx);
    const written = writeNode(tx, clock.now(), nodeId, request);
    reportPools(tx, { clock, nodeId, reports: request.pools });
    if (!known) {
      const message = `host ${hostname} joined`;
      recordEvent(tx, { clock, call, type: "lifecycle", message, subject: nodeRef(written), nodeId });
    }
    return written;
  });
  vitals.heartbeat(nodeId, clock.now(), undefined);
  links.hurry(nodeId);
  return create(RegisterNodeResponseSchema, {
    node: vitals.public(db.find(nodes, nodeId) ?? node),
    nodeToken: credential?.nodeToken ?? "",
    certificatePem: credential?.certificatePem ?? "",
    caCertificatePem: credential?.caCertificatePem ?? "",
    heartbeatIntervalSecs: heartbeatSeconds,
  });
}

function writeNode(tx: Transaction, now: number, id: string, request: RegisterNodeRequest): Node {
  const at = timestampFromMs(now);
  if (tx.find(nodes, id)) {
    return tx.update(nodes, id, (node) => {
      describe(node, request);
      node.updatedAt = at;
    });
  }
  const node = create(NodeSchema, {
    id,
    machineId: request.machineId,
    labels: request.labels,
    // What people may change later: a host that comes back does not reset it.
    spec: {
      role: request.role ?? create(NodeRoleSchema, { compute: true, storage: true }),
      scheduling: create(NodeSchedulingSchema, { schedulable: true, taints: request.taints }),
    },
    createdAt: at,
    updatedAt: at,
    generation: 1n,
  });
  describe(node, request);
  tx.insert(nodes, node);
  return node;
}

/** What the host says of itself. */
function describe(node: Node, request: RegisterNodeRequest): void {
  node.hostname = request.hostname;
  node.managementIp = request.managementIp;
  const spec = (node.spec ??= create(NodeSpecSchema));
  spec.cpu = request.cpuInfo;
  spec.memory = request.memoryInfo;
  spec.storage = request.storageDevices;
  spec.network = request.networkDevices;
  spec.agent = create(AgentEndpointSchema, { endpoint: request.agentEndpoint, version: request.agentVersion });
  const status = (node.status ??= create(NodeStatusSchema));
  // That it booted anew is told by its first snapshot, together with what became of its VMs.
  const bootId = status.system?.bootId || request.system?.bootId || "";
  status.system = request.system ? clone(SystemInfoReportSchema, request.system) : create(SystemInfoReportSchema);
  status.system.bootId = bootId;
  status.phase = phaseOf(node);
  resourcesOf(node);
}
