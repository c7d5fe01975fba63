import { clone, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { HostNetworkSchema, type HostNetwork } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { networks } from "../tables.ts";

/** Writes what a host made of a network: its bridge, its subnet, or why it could not. */
export function reportHostNetwork(
  tx: Transaction,
  report: { clock: Clock; networkId: string; host: HostNetwork },
): void {
  const network = tx.find(networks, report.networkId);
  const known = network?.status?.hosts.find((host) => host.nodeId === report.host.nodeId);
  if (!network || (known && equals(HostNetworkSchema, known, report.host))) return;
  tx.update(networks, report.networkId, ({ status }) => {
    if (!status) return;
    status.hosts = status.hosts.filter((host) => host.nodeId !== report.host.nodeId);
    status.hosts.push(clone(HostNetworkSchema, report.host));
  });
  tx.update(networks, report.networkId, (copy) => void (copy.updatedAt = timestampFromMs(report.clock.now())));
}
