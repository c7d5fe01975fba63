import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  DhcpLeaseSchema,
  HostNetworkSchema,
  problem,
  Reason,
  VirtualNetworkSpec_Type as Type,
  type DhcpLease,
  type HostNetwork,
  type NetworkInterface,
} from "@limiquantix/api";
import type { EnsureNetworkRequest } from "@limiquantix/api/daemon";
import { Channel } from "@limiquantix/kit";
import type { NetworkBackend, PortAttachment, PortRequest } from "@limiquantix/node";
import type { DriverSession } from "./driver-session.ts";
import type { SimHost } from "./sim-host.ts";

const LEASE_MS = 3_600_000;

/** NAT networks whose DHCP server answers the simulated guests. */
export class SimNetworkBackend implements NetworkBackend {
  readonly name = "sim";
  readonly #session: DriverSession;
  readonly #host: SimHost;

  constructor(session: DriverSession) {
    this.#session = session;
    this.#host = session.host;
  }

  ensureNetwork(request: EnsureNetworkRequest): Promise<HostNetwork> {
    return this.#session.step("network.ensure", () => {
      const { networkId, spec } = request;
      const type = spec?.type ?? Type.NAT;
      if (type !== Type.NAT && type !== Type.UNKNOWN) {
        throw problem(Reason.UNSUPPORTED, {
          what: `a network of type ${Type[type]}`,
          why: "this host makes NAT networks",
        });
      }
      const before = this.#host.networks.get(networkId);
      if (before) return before.bridge;
      const number = this.#host.networks.size;
      const subnet = spec?.ipConfig?.ipv4Subnet || `10.${this.#host.addressBlock}.${(16 * number) % 256}.0/20`;
      const bridge = create(HostNetworkSchema, {
        bridge: `lqxsim${number}`,
        ipv4Subnet: subnet,
        ipv4Gateway: spec?.ipConfig?.ipv4Gateway || addressIn(subnet, 1),
        ready: true,
      });
      this.#host.networks.set(networkId, { bridge, ports: new Map(), leases: new Map(), nextAddress: 10 });
      return bridge;
    });
  }

  ensurePort(port: PortRequest): Promise<PortAttachment> {
    return this.#session.step("network.ensure-port", () => {
      const network = this.#host.networks.get(port.networkId);
      if (!network) {
        const params = { network: port.networkId, node: this.#host.name, cause: "it was never made" };
        throw problem(Reason.NETWORK_UNAVAILABLE, params);
      }
      network.ports.set(port.macAddress.toLowerCase(), port);
      return { bridge: network.bridge.bridge };
    });
  }

  deletePort(port: PortRequest): Promise<void> {
    return this.#session.step("network.delete-port", () => {
      const network = this.#host.networks.get(port.networkId);
      network?.ports.delete(port.macAddress.toLowerCase());
      if (network?.leases.delete(port.macAddress.toLowerCase())) this.#host.leasesChanged(port.networkId);
    });
  }

  leases(networkId: string): Promise<DhcpLease[]> {
    return this.#session.step("network.leases", () => [...(this.#host.networks.get(networkId)?.leases.values() ?? [])]);
  }

  watchLeases(signal: AbortSignal): AsyncIterable<string> {
    const { life } = this.#session;
    const watcher = (networkId: string) => {
      if (life.alive) changes.push(networkId);
    };
    const changes = new Channel<string>({ signal, onEnd: () => this.#host.leaseWatchers.delete(watcher) });
    this.#host.leaseWatchers.add(watcher);
    life.killed.addEventListener("abort", () => this.#host.leaseWatchers.delete(watcher), { once: true });
    return changes;
  }
}

/** The guest asks for an address: it keeps the one that its MAC address had. */
export function leaseAddress(host: SimHost, vmId: string, nic: NetworkInterface): void {
  const network = host.networks.get(nic.networkId);
  const mac = nic.macAddress.toLowerCase();
  const port = network?.ports.get(mac);
  if (!network || !port) return;
  const ipAddress = network.leases.get(mac)?.ipAddress ?? addressIn(network.bridge.ipv4Subnet, network.nextAddress++);
  network.leases.set(
    mac,
    create(DhcpLeaseSchema, {
      networkId: nic.networkId,
      macAddress: mac,
      ipAddress,
      hostname: port.hostname,
      vmId,
      expiresAt: timestampFromMs(host.clock.now() + LEASE_MS),
    }),
  );
  host.leasesChanged(nic.networkId);
}

/** 10.77.0.0/24, 10 → 10.77.0.10 */
function addressIn(subnet: string, offset: number): string {
  const base = (subnet.split("/")[0] ?? "").split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const address = base + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
