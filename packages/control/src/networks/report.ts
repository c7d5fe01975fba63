import { clone, create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  HostNetworkSchema,
  VirtualNetworkStatus_Phase,
  VirtualNetworkStatusSchema,
  type HostNetwork,
  type VirtualNetworkStatus,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { networks } from "../tables.ts";

/**
 * Writes what a host made of networks. A host tells of those that it was asked for since its daemon runs: what it does
 * not tell of is as it was. Nothing is written where nothing changed.
 */
export function reportHostNetworks(
  tx: Transaction,
  report: { clock: Clock; nodeId: string; reports: readonly HostNetwork[] },
): void {
  const { clock, nodeId } = report;
  for (const reported of report.reports) {
    const host = clone(HostNetworkSchema, reported);
    host.nodeId = nodeId;
    rewriteHosts(tx, clock, reported.networkId, (hosts) => [...hosts.filter((one) => one.nodeId !== nodeId), host]);
  }
}

/** A host that is forgotten has no networks. */
export function dropHostNetworks(
  tx: Transaction,
  drop: { clock: Clock; nodeId: string; networkIds: Iterable<string> },
): void {
  const { clock, nodeId } = drop;
  for (const id of drop.networkIds) {
    rewriteHosts(tx, clock, id, (hosts) => hosts.filter((one) => one.nodeId !== nodeId));
  }
}

function rewriteHosts(
  tx: Transaction,
  clock: Clock,
  networkId: string,
  change: (hosts: readonly HostNetwork[]) => HostNetwork[],
): void {
  const row = tx.find(networks, networkId);
  if (!row) return;
  const before = row.status ?? create(VirtualNetworkStatusSchema);
  const hosts = change(before.hosts).toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  const after = statusOf(before, hosts);
  if (equals(VirtualNetworkStatusSchema, before, after)) return;
  tx.update(networks, networkId, (copy) => {
    copy.status = after;
    copy.updatedAt = timestampFromMs(clock.now());
  });
}

/** READY as soon as one host has it; in ERROR where those that tried could not make it. */
function statusOf(before: VirtualNetworkStatus, hosts: HostNetwork[]): VirtualNetworkStatus {
  const { READY, ERROR, PENDING } = VirtualNetworkStatus_Phase;
  const errorMessage = hosts.find((host) => host.errorMessage)?.errorMessage ?? "";
  const phase = hosts.some(({ ready }) => ready) ? READY : errorMessage ? ERROR : PENDING;
  return { ...before, hosts: hosts.map((host) => clone(HostNetworkSchema, host)), phase, errorMessage };
}
