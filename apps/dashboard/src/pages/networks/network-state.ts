import { VirtualNetworkSpec_Type, VirtualNetworkStatus_Phase, type VirtualNetwork } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

const s = strings.networks;

const phases: Record<VirtualNetworkStatus_Phase, { tone: Tone; label: string; busy: boolean }> = {
  [VirtualNetworkStatus_Phase.UNKNOWN]: { tone: "idle", label: s.phases.unknown, busy: false },
  [VirtualNetworkStatus_Phase.PENDING]: { tone: "idle", label: s.phases.pending, busy: false },
  [VirtualNetworkStatus_Phase.READY]: { tone: "ok", label: s.phases.ready, busy: false },
  [VirtualNetworkStatus_Phase.ERROR]: { tone: "bad", label: s.phases.error, busy: false },
  [VirtualNetworkStatus_Phase.DELETING]: { tone: "info", label: s.phases.deleting, busy: true },
};

export function networkState(network: VirtualNetwork): { tone: Tone; label: string; busy: boolean } {
  return phases[network.status?.phase ?? VirtualNetworkStatus_Phase.UNKNOWN];
}

const types: Record<VirtualNetworkSpec_Type, string> = {
  [VirtualNetworkSpec_Type.UNKNOWN]: s.types.unknown,
  [VirtualNetworkSpec_Type.OVERLAY]: s.types.overlay,
  [VirtualNetworkSpec_Type.VLAN]: s.types.vlan,
  [VirtualNetworkSpec_Type.EXTERNAL]: s.types.external,
  [VirtualNetworkSpec_Type.ISOLATED]: s.types.isolated,
  [VirtualNetworkSpec_Type.NAT]: s.types.nat,
};

export function networkType({ spec }: VirtualNetwork): string {
  return types[spec?.type ?? VirtualNetworkSpec_Type.UNKNOWN];
}

/** What was asked for, or that each host chooses. */
export function subnetOf({ spec }: VirtualNetwork): string {
  return spec?.ipConfig?.ipv4Subnet || (spec?.type === VirtualNetworkSpec_Type.NAT ? s.perHost : "");
}
