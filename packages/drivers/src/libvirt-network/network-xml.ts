import { parseXml } from "../xml/parse.ts";
import { el, printXml } from "../xml/element.ts";
import { subnetOf, type Subnet } from "./subnet.ts";

/** A libvirt network as we make it. */
export interface NetworkDefinition {
  /** Also its UUID in libvirt. */
  networkId: string;
  bridge: string;
  /** Guests reach the world behind the host's address; else only one another and the host. */
  nat: boolean;
  subnet: Subnet | undefined;
  dhcp: boolean;
  /** 0: the kernel's default. */
  mtu: number;
}

/** By the id's end: its beginning is the same for networks made in one minute. A device's name has 15 characters. */
export function bridgeName(networkId: string): string {
  return `lqx${networkId.slice(-8)}`;
}

export function networkXml({ networkId, bridge, nat, subnet, dhcp, mtu }: NetworkDefinition): string {
  const range = subnet && el("range", { start: subnet.firstGuest, end: subnet.lastGuest });
  const ip =
    subnet &&
    el(
      "ip",
      { family: "ipv4", address: subnet.gateway, prefix: subnet.prefix },
      dhcp ? el("dhcp", {}, range) : undefined,
    );
  return printXml(
    el(
      "network",
      dhcp ? { "xmlns:dnsmasq": "http://libvirt.org/schemas/network/dnsmasq/1.0" } : {},
      el("name", {}, bridge),
      el("uuid", {}, networkId),
      nat ? el("forward", { mode: "nat" }) : undefined,
      // No spanning tree: a guest would wait for its port to forward.
      el("bridge", { name: bridge, stp: "off", delay: 0 }),
      mtu > 0 ? el("mtu", { size: mtu }) : undefined,
      ip,
      // Guests that were copied come with one client identifier; their MAC addresses differ.
      dhcp ? el("dnsmasq:options", {}, el("dnsmasq:option", { value: "dhcp-ignore-clid" })) : undefined,
    ),
  );
}

/** What a network's XML says of ourselves; of networks of others the bridge and subnet are what matters. */
export function readNetwork(xml: string): NetworkDefinition {
  const root = parseXml(xml);
  const ip = root.all("ip").find((node) => (node.attribute("family") ?? "ipv4") === "ipv4");
  const prefix = ip?.attribute("prefix") ?? prefixOf(ip?.attribute("netmask"));
  const address = ip?.attribute("address");
  return {
    networkId: root.find("uuid")?.text ?? "",
    bridge: root.find("bridge")?.attribute("name") ?? "",
    nat: root.find("forward")?.attribute("mode") === "nat",
    subnet: address && prefix ? subnetOrUndefined(`${address}/${prefix}`, address) : undefined,
    dhcp: ip?.find("dhcp/range") !== undefined,
    mtu: Number(root.find("mtu")?.attribute("size") ?? 0),
  };
}

function prefixOf(netmask: string | undefined): string | undefined {
  if (!netmask) return undefined;
  const bits = netmask.split(".").map((byte) => Number(byte).toString(2).replaceAll("0", "").length);
  return String(bits.reduce((sum, n) => sum + n, 0));
}

/** Others' networks may be smaller than ours can be. */
function subnetOrUndefined(cidr: string, gateway: string): Subnet | undefined {
  try {
    return subnetOf(cidr, gateway);
  } catch {
    return undefined;
  }
}
