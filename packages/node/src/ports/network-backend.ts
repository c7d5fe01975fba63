import type { DhcpLease, HostNetwork } from "@limiquantix/api";
import type { EnsureNetworkRequest } from "@limiquantix/api/daemon";

/** Networks of this host. Every method is idempotent; a type that the driver cannot make throws UNSUPPORTED. */
export interface NetworkBackend {
  readonly name: string;
  /** Makes the network as told and answers what this host has of it; NETWORK_UNAVAILABLE with the cause if it cannot. */
  ensureNetwork(request: EnsureNetworkRequest): Promise<HostNetwork>;
  /** Where the VM's interface is plugged in. */
  ensurePort(port: PortRequest): Promise<PortAttachment>;
  deletePort(port: PortRequest): Promise<void>;
  leases(networkId: string): Promise<DhcpLease[]>;
  /** Yields a network's id whenever its leases changed. */
  watchLeases(signal: AbortSignal): AsyncIterable<string>;
}

export interface PortRequest {
  networkId: string;
  vmId: string;
  nicId: string;
  macAddress: string;
  hostname: string;
}

export interface PortAttachment {
  bridge: string;
}
