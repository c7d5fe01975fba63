import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type DhcpLease,
  DhcpLeaseSchema,
  type HostNetwork,
  HostNetworkSchema,
  isProblem,
  problem,
  Reason,
  VirtualNetworkSpec_Type,
} from "@limiquantix/api";
import type { EnsureNetworkRequest } from "@limiquantix/api/daemon";
import { type Log, SerialQueue } from "@limiquantix/kit";
import {
  ErrorCode,
  isLibvirtError,
  type LibvirtConnection,
  LibvirtDisconnectedError,
  type NetworkRef,
  uuidFromString,
} from "@limiquantix/libvirt";
import type { NetworkBackend, PortAttachment, PortRequest } from "@limiquantix/node";
import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { ifExists } from "../files/errno.ts";
import { readRoutes, type Route } from "../linux-host/routes.ts";
import { watchLeaseFiles } from "./lease-watch.ts";
import { bridgeName, type NetworkDefinition, networkXml, readNetwork } from "./network-xml.ts";
import { freeSubnet, overlap, type Subnet, subnetOf } from "./subnet.ts";

export interface LibvirtNetworksOptions {
  connection: LibvirtConnection;
  log: Log;
  /** Where libvirt's DHCP helper keeps the leases; /var/lib/libvirt/dnsmasq unless told. */
  leaseDirectory?: string;
  routes?: () => Promise<Route[]>;
}

/** NAT and isolated networks on Linux bridges; libvirt runs their DHCP, DNS and address translation. */
export class LibvirtNetworks implements NetworkBackend {
  readonly name = "libvirt-nat";
  readonly #connection: LibvirtConnection;
  readonly #log: Log;
  readonly #leaseDirectory: string;
  readonly #routes: () => Promise<Route[]>;
  /** One at a time: two that choose a subnet at once would choose the same. */
  readonly #queue = new SerialQueue();
  readonly #idOfBridge = new Map<string, string>();

  constructor(options: LibvirtNetworksOptions) {
    this.#connection = options.connection;
    this.#log = options.log;
    this.#leaseDirectory = options.leaseDirectory ?? "/var/lib/libvirt/dnsmasq";
    this.#routes = options.routes ?? (() => readRoutes());
  }

  async ensureNetwork(request: EnsureNetworkRequest): Promise<HostNetwork> {
    return this.#queue.run(() => this.#do(request.name || request.networkId, () => this.#ensure(request)));
  }

  async ensurePort({ networkId }: PortRequest): Promise<PortAttachment> {
    return this.#do(networkId, async () => {
      const { bridge } = await this.#read(networkRef(networkId));
      const { active } = await this.#connection.call("NETWORK_IS_ACTIVE", { net: networkRef(networkId) });
      if (!active) throw this.#unavailable(networkId, "it is not started");
      return { bridge };
    });
  }

  /** The port is the tap device, which goes with the domain. */
  async deletePort(_port: PortRequest): Promise<void> {}

  async leases(networkId: string): Promise<DhcpLease[]> {
    return this.#do(networkId, async () => {
      const net = networkRef(networkId);
      if (!(await this.#find(net))) return [];
      const { leases } = await this.#connection.call("NETWORK_GET_DHCP_LEASES", { net });
      return leases.map((lease) =>
        create(DhcpLeaseSchema, {
          networkId,
          macAddress: lease.mac?.toLowerCase() ?? "",
          ipAddress: lease.ipaddr,
          hostname: lease.hostname ?? "",
          expiresAt: timestampFromMs(Number(lease.expirytime) * 1000),
        }),
      );
    });
  }

  async *watchLeases(signal: AbortSignal): AsyncGenerator<string> {
    for await (const bridge of await watchLeaseFiles(this.#leaseDirectory, { signal, log: this.#log })) {
      const networkId = this.#idOfBridge.get(bridge) ?? (await this.#findByBridge(bridge));
      if (networkId) yield networkId;
    }
  }

  async #ensure(request: EnsureNetworkRequest): Promise<HostNetwork> {
    const { networkId } = request;
    const net = networkRef(networkId);
    const before = await this.#find(net);
    const wanted = await this.#plan(request, before);
    const isNew = !before || !isSame(before, wanted);
    if (isNew) await this.#connection.call("NETWORK_DEFINE_XML", { xml: networkXml(wanted) });
    this.#idOfBridge.set(wanted.bridge, networkId);
    let { active } = await this.#connection.call("NETWORK_IS_ACTIVE", { net });
    let waiting = "";
    if (active && isNew && before) {
      // Restarting it would pull the plug of every guest on it.
      if (await isInUse(wanted.bridge)) waiting = "a change takes effect when no VM uses the network";
      else {
        await this.#connection.call("NETWORK_DESTROY", { net });
        active = false;
      }
    }
    if (!active) await this.#connection.call("NETWORK_CREATE", { net });
    await this.#connection.call("NETWORK_SET_AUTOSTART", { net, autostart: true });
    return create(HostNetworkSchema, {
      bridge: wanted.bridge,
      ipv4Subnet: wanted.subnet?.cidr ?? "",
      ipv4Gateway: wanted.subnet?.gateway ?? "",
      ready: true,
      errorMessage: waiting,
    });
  }

  async #plan(request: EnsureNetworkRequest, before: NetworkDefinition | undefined): Promise<NetworkDefinition> {
    const { networkId, spec, name } = request;
    const type = spec?.type ?? VirtualNetworkSpec_Type.UNKNOWN;
    const nat = type === VirtualNetworkSpec_Type.NAT;
    if (!nat && type !== VirtualNetworkSpec_Type.ISOLATED)
      throw problem(Reason.UNSUPPORTED, {
        what: `a network of type ${VirtualNetworkSpec_Type[type]}`,
        why: "this host makes NAT and isolated networks",
      });
    const bridge = before?.bridge || bridgeName(networkId);
    const told = spec?.ipConfig?.ipv4Subnet ?? "";
    let subnet: Subnet | undefined;
    if (told !== "") subnet = await this.#toldSubnet(request, bridge);
    else if (nat) {
      // Once chosen it stays, for the guests that have addresses of it.
      subnet = before?.subnet ?? freeSubnet(await this.#takenSubnets(bridge));
      if (!subnet) throw this.#unavailable(name, "no subnet of 10.77.0.0/16 is free on this host");
    }
    const dhcp = subnet !== undefined && (nat || spec?.ipConfig?.dhcp === true);
    return { networkId, bridge, nat, subnet, dhcp, mtu: spec?.mtu ?? 0 };
  }

  async #toldSubnet({ name, spec }: EnsureNetworkRequest, bridge: string): Promise<Subnet> {
    const { ipv4Subnet = "", ipv4Gateway = "" } = spec?.ipConfig ?? {};
    try {
      const subnet = subnetOf(ipv4Subnet, ipv4Gateway);
      const other = (await this.#takenSubnets(bridge)).find((taken) => overlap(subnet.cidr, taken));
      if (other) throw new Error(`${subnet.cidr} overlaps with ${other}, which this host has already`);
      return subnet;
    } catch (cause) {
      throw this.#unavailable(name, (cause as Error).message, cause);
    }
  }

  /** Of the host's routes and of all libvirt networks, started or not, but this one. */
  async #takenSubnets(bridge: string): Promise<string[]> {
    const routes = (await this.#routes()).filter(({ device }) => device !== bridge);
    const networks = (await this.#all()).filter((network) => network.bridge !== bridge);
    return [...routes.map(({ destination }) => destination), ...networks.flatMap(({ subnet }) => subnet?.cidr ?? [])];
  }

  async #all(): Promise<NetworkDefinition[]> {
    const { nets } = await this.#connection.call("CONNECT_LIST_ALL_NETWORKS", {});
    const found = await Promise.all(nets.map((net) => this.#find(net)));
    return found.filter((network) => network !== undefined);
  }

  async #findByBridge(bridge: string): Promise<string | undefined> {
    try {
      for (const network of await this.#all()) this.#idOfBridge.set(network.bridge, network.networkId);
    } catch (error) {
      // Without libvirt nobody can ask for the leases either; whoever watches reads them anew when it is back.
      this.#log.warn("cannot look up the network of a bridge", { bridge, error });
    }
    return this.#idOfBridge.get(bridge);
  }

  async #find(net: NetworkRef): Promise<NetworkDefinition | undefined> {
    try {
      return await this.#read(net);
    } catch (error) {
      if (isLibvirtError(error, ErrorCode.NO_NETWORK)) return undefined;
      throw error;
    }
  }

  async #read(net: NetworkRef): Promise<NetworkDefinition> {
    const INACTIVE = 1;
    return readNetwork((await this.#connection.call("NETWORK_GET_XML_DESC", { net, flags: INACTIVE })).xml);
  }

  #unavailable(network: string, cause: string, error?: unknown) {
    return problem(Reason.NETWORK_UNAVAILABLE, { network, node: hostname(), cause }, { cause: error });
  }

  async #do<T>(network: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isProblem(error)) throw error;
      if (error instanceof LibvirtDisconnectedError)
        throw problem(Reason.UNAVAILABLE, { what: "libvirt", why: error.message }, { cause: error });
      if (isLibvirtError(error)) throw this.#unavailable(network, (error as Error).message.trim(), error);
      throw error;
    }
  }
}

/** libvirtd looks networks up by UUID. */
function networkRef(networkId: string): NetworkRef {
  return { name: networkId, uuid: uuidFromString(networkId) };
}

async function isInUse(bridge: string): Promise<boolean> {
  return ((await ifExists(readdir(`/sys/class/net/${bridge}/brif`))) ?? []).length > 0;
}

function isSame(a: NetworkDefinition, b: NetworkDefinition): boolean {
  return networkXml(a) === networkXml(b);
}
