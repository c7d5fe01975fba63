import {
  DhcpLeaseSchema,
  VirtualNetworkSchema,
  VirtualNetworkSpec_Type,
  VirtualNetworkStatus_Phase,
  type VirtualNetwork,
} from "@limiquantix/api";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { moment } from "../../output/times.ts";
import type { Hostname } from "../../rpc/hostnames.ts";
import { formatLabels } from "../../values/labels.ts";

export function networkListView(paint: Paint): ListView<typeof VirtualNetworkSchema> {
  return {
    schema: VirtualNetworkSchema,
    empty: "no networks",
    columns: [
      { header: "NAME", value: (network) => network.name },
      { header: "STATE", value: phaseOf, paint: (text) => paintState(paint, text) },
      { header: "TYPE", value: typeOf },
      { header: "SUBNET", value: subnetsOf },
      { header: "ID", value: (network) => network.id, wide: true },
    ],
  };
}

export function describeNetwork(network: VirtualNetwork, hostname: Hostname): string[] {
  const lines = renderFields([
    ["Name", network.name],
    ["Id", network.id],
    ["State", phaseOf(network)],
    ["Problem", network.status?.errorMessage ?? ""],
    ["Type", typeOf(network)],
    ["Subnet", subnetsOf(network)],
    ["MTU", String(network.spec?.mtu || 1500)],
    ["Labels", formatLabels(network.labels)],
    ["Description", network.description],
  ]);
  for (const host of network.status?.hosts ?? []) {
    const state = host.ready ? "ready" : host.errorMessage || "not ready";
    lines.push(`On ${hostname(host.nodeId)}: ${[host.bridge, host.ipv4Subnet, state].filter(Boolean).join(" ")}`);
  }
  return lines;
}

export function leaseListView(hostname: Hostname, vmName: (id: string) => string): ListView<typeof DhcpLeaseSchema> {
  return {
    schema: DhcpLeaseSchema,
    empty: "no leases",
    columns: [
      { header: "ADDRESS", value: (lease) => lease.ipAddress },
      { header: "MAC", value: (lease) => lease.macAddress },
      { header: "VM", value: (lease) => vmName(lease.vmId) },
      { header: "GUEST NAME", value: (lease) => lease.hostname },
      { header: "HOST", value: (lease) => hostname(lease.nodeId) },
      { header: "UNTIL", value: (lease) => moment(lease.expiresAt) },
    ],
  };
}

function phaseOf(network: VirtualNetwork): string {
  return VirtualNetworkStatus_Phase[network.status?.phase ?? 0] ?? "UNKNOWN";
}

function typeOf(network: VirtualNetwork): string {
  return VirtualNetworkSpec_Type[network.spec?.type ?? 0] ?? "";
}

/** A NAT network has the subnets that its hosts picked. */
function subnetsOf(network: VirtualNetwork): string {
  const own = network.spec?.ipConfig?.ipv4Subnet;
  return own || [...new Set((network.status?.hosts ?? []).map((host) => host.ipv4Subnet))].filter(Boolean).join(",");
}
