import { create, equals } from "@bufbuild/protobuf";
import {
  NetworkDeviceSchema,
  problem,
  Reason,
  SyncFullStateResponseSchema,
  UpdateHeartbeatResponseSchema,
  type Node,
  type SyncFullStateRequest,
  type SyncFullStateResponse,
  type UpdateHeartbeatRequest,
  type UpdateHeartbeatResponse,
} from "@limiquantix/api";
import { reportHostNetworks } from "../../networks/report.ts";
import { reportPools } from "../../pools/report.ts";
import type { Call } from "../../rpc/call.ts";
import { nodes } from "../../tables.ts";
import { resourcesOf } from "../../vms/reservation.ts";
import type { NodeServiceParts } from "../node-service-parts.ts";
import { heartbeatSeconds } from "./register-node.ts";

/** Inventory every 30 s. Writes only what changed. */
export async function updateHeartbeat(
  { db, clock, vitals, divergence, observer, links }: NodeServiceParts,
  request: UpdateHeartbeatRequest,
  call: Call,
): Promise<UpdateHeartbeatResponse> {
  const { nodeId } = request;
  checkSpeaksForItself(call, nodeId);
  const node = db.get(nodes, nodeId);
  vitals.heartbeat(nodeId, clock.now(), request.metrics);
  const changed = hasNewInventory(node, request);
  await db.transact((tx) => {
    if (!tx.find(nodes, nodeId)) return;
    reportPools(tx, { clock, nodeId, reports: request.storagePools });
    if (!changed) return;
    tx.update(nodes, nodeId, (copy) => {
      if (!copy.spec) return;
      if (request.memoryInfo) copy.spec.memory = request.memoryInfo;
      if (request.networkDevices.length > 0) copy.spec.network = request.networkDevices;
      resourcesOf(copy);
    });
  });
  observer.onPools(nodeId, request.storagePools);
  const connected = links.reachable(nodeId);
  if (!connected) links.hurry(nodeId);
  else {
    await observer.written(nodeId);
    if (divergence.confirmed(nodeId, request.stateHash)) links.readAgain(nodeId, "its VMs are not as they are known");
  }
  return create(UpdateHeartbeatResponseSchema, {
    acknowledged: true,
    serverTimeUnix: BigInt(Math.floor(clock.now() / 1000)),
    heartbeatIntervalSecs: heartbeatSeconds,
    // While its stream is up, that tells everything as it happens.
    requestFullSync: !connected,
  });
}

/** Everything that a host has, pushed by it. */
export async function syncFullState(
  { db, clock, observer }: NodeServiceParts,
  request: SyncFullStateRequest,
  call: Call,
): Promise<SyncFullStateResponse> {
  const { nodeId } = request;
  checkSpeaksForItself(call, nodeId);
  db.get(nodes, nodeId);
  await db.transact((tx) => {
    if (!tx.find(nodes, nodeId)) return;
    reportPools(tx, { clock, nodeId, reports: request.pools });
    reportHostNetworks(tx, { clock, nodeId, reports: request.networks });
  });
  observer.onPools(nodeId, request.pools);
  const diff = observer.fullState(nodeId, request);
  await observer.written(nodeId);
  return create(SyncFullStateResponseSchema, {
    vmsReconciled: diff.seen.length,
    vmsDiscovered: diff.discovered.length,
    vmsLost: diff.gone.length,
  });
}

/** A host speaks for itself only; with --dev the open loopback stands for every host. */
function checkSpeaksForItself({ principal }: Call, nodeId: string): void {
  if (principal.kind === "node" && principal.id !== nodeId) {
    throw problem(Reason.PERMISSION_DENIED, { who: `host ${principal.name}` });
  }
}

function hasNewInventory(node: Node, { memoryInfo, networkDevices }: UpdateHeartbeatRequest): boolean {
  if (memoryInfo && memoryInfo.totalMib !== node.spec?.memory?.totalMib) return true;
  const known = node.spec?.network ?? [];
  if (networkDevices.length === 0) return false;
  return (
    networkDevices.length !== known.length ||
    networkDevices.some((device, i) => {
      const was = known[i];
      return !was || !equals(NetworkDeviceSchema, was, device);
    })
  );
}
