import { create } from "@bufbuild/protobuf";
import {
  HealthCheckResponseSchema,
  ListLeasesResponseSchema,
  NodeInfoSchema,
  type EnsureNetworkRequest,
  type ListLeasesRequest,
} from "@limiquantix/api/daemon";
import type { NodeParts } from "../node-parts.ts";
import { systemReport } from "../observe/reports.ts";

export function healthCheck({ observer, hypervisor, version, clock, startedAtMs }: NodeParts) {
  return () =>
    create(HealthCheckResponseSchema, {
      healthy: observer.link.connected,
      version,
      hypervisor: hypervisor.info.name,
      hypervisorVersion: hypervisor.info.version,
      uptimeSeconds: BigInt(Math.floor((clock.now() - startedAtMs) / 1000)),
      message: observer.link.message,
    });
}

export function getNodeInfo({ facts, hypervisor, pools }: NodeParts) {
  return async () => {
    const host = await facts.describe();
    return create(NodeInfoSchema, {
      hostname: facts.hostname,
      managementIp: facts.managementIp,
      machineId: facts.machineId,
      cpu: host.cpu,
      memory: host.memory,
      storageDevices: host.storage,
      networkDevices: host.network,
      system: systemReport(facts, hypervisor, host.uptimeSeconds),
      capabilities: hypervisor.capabilities,
      pools: await pools.reports(),
    });
  };
}

export function ensureNetwork(parts: NodeParts) {
  return (request: EnsureNetworkRequest) => parts.networks.ensure(request);
}

export function listLeases({ network }: NodeParts) {
  return async ({ networkId }: ListLeasesRequest) =>
    create(ListLeasesResponseSchema, { leases: await network.leases(networkId) });
}
