import type { DomainMark } from "@limiquantix/node";
import { parseXml, type XmlNode } from "../../xml/parse.ts";
import type { KeptDevice, KeptHardware } from "./domain-host.ts";
import { readMark } from "./mark.ts";

/** What we want to know of a domain's XML, be it stored or of the running domain. */
export interface DomainReading {
  uuid: string;
  name: string;
  title: string;
  accelerator: "kvm" | "tcg";
  machine: string;
  mark: DomainMark | undefined;
  vcpus: number;
  maxVcpus: number;
  memoryKib: number;
  maxMemoryKib: number;
  devices: ReadonlyMap<string, DeviceReading>;
  disks: DeviceReading[];
  interfaces: InterfaceReading[];
  hasSerial: boolean;
  hasVnc: boolean;
  /** Of the running domain, when it listens on a unix socket. */
  vncSocket: string | undefined;
  usesLease: boolean;
  root: XmlNode;
}

export interface DeviceReading extends KeptDevice {
  alias: string;
  node: XmlNode;
}

export interface InterfaceReading extends DeviceReading {
  macAddress: string;
  bridge: string | undefined;
  /** vnet0 */
  hostInterface: string | undefined;
}

export function readDomain(xml: string): DomainReading {
  const root = parseXml(xml);
  const disks = root.all("devices/disk").map(device);
  const interfaces = root.all("devices/interface").map(readInterface);
  const vcpu = root.find("vcpu");
  const maxVcpus = Number(vcpu?.text || 1);
  const vnc = root.all("devices/graphics").find((node) => node.attribute("type") === "vnc");
  const memoryKib = kib(root.find("memory"));
  return {
    uuid: root.find("uuid")?.text ?? "",
    name: root.find("name")?.text ?? "",
    title: root.find("title")?.text ?? "",
    accelerator: root.attribute("type") === "kvm" ? "kvm" : "tcg",
    machine: root.find("os/type")?.attribute("machine") ?? "",
    mark: readMark(root),
    vcpus: Number(vcpu?.attribute("current") ?? maxVcpus),
    maxVcpus,
    memoryKib,
    maxMemoryKib: kib(root.find("maxMemory")) || memoryKib,
    devices: new Map([...disks, ...interfaces].map((item) => [item.alias, item])),
    disks,
    interfaces,
    hasSerial: root.find("devices/serial") !== undefined,
    hasVnc: vnc !== undefined,
    vncSocket: vnc?.find("listen")?.attribute("socket"),
    usesLease: root.find("devices/lease") !== undefined,
    root,
  };
}

/**
 * What the next definition of a domain keeps of the stored one; a device that was added to the running domain alone
 * stays where the guest has it, unless the stored definition uses that place.
 */
export function keptHardware(stored: DomainReading, live: DomainReading | undefined): KeptHardware {
  const used = usedAddresses(stored);
  const targets = new Set(stored.disks.map(({ target }) => target));
  const added = [...(live?.devices ?? [])].filter(
    ([alias, { address, target }]) =>
      !stored.devices.has(alias) && address && !used.has(addressKey(address)) && !targets.has(target),
  );
  return { name: stored.name, machine: stored.machine, devices: new Map([...added, ...stored.devices]) };
}

const ADDRESS_PARTS = ["type", "domain", "bus", "slot", "function", "controller", "target", "unit"] as const;

/** The addresses of all devices, to look one up by `addressKey`. */
export function usedAddresses({ root }: DomainReading): ReadonlySet<string> {
  const devices = root.all("devices").flatMap((node) => node.children);
  return new Set(devices.flatMap((node) => node.find("address") ?? []).map((node) => addressKey(addressOf(node))));
}

export function addressKey(address: Readonly<Record<string, string>>): string {
  return ADDRESS_PARTS.map((part) => address[part] ?? "").join(":");
}

function addressOf(node: XmlNode): Record<string, string> {
  const present = ADDRESS_PARTS.map((part) => [part, node.attribute(part)] as const);
  return Object.fromEntries(
    present.filter((entry): entry is [(typeof ADDRESS_PARTS)[number], string] => entry[1] !== undefined),
  );
}

function device(node: XmlNode): DeviceReading {
  const addressNode = node.find("address");
  return {
    alias: node.find("alias")?.attribute("name") ?? "",
    target: node.find("target")?.attribute("dev"),
    address: addressNode && addressOf(addressNode),
    node,
  };
}

function readInterface(node: XmlNode): InterfaceReading {
  const { target, ...rest } = device(node);
  return {
    ...rest,
    target: undefined,
    macAddress: node.find("mac")?.attribute("address") ?? "",
    bridge: node.find("source")?.attribute("bridge"),
    hostInterface: target,
  };
}

/** libvirt's units (virScaleInteger): powers of 1024 by letter, of 1000 with a B; it writes KiB itself. */
function kib(node: XmlNode | undefined): number {
  const scale: Record<string, number> = {
    b: 1 / 1024,
    bytes: 1 / 1024,
    KiB: 1,
    k: 1,
    MiB: 1024,
    M: 1024,
    GiB: 1024 ** 2,
    G: 1024 ** 2,
  };
  return node ? Number(node.text) * (scale[node.attribute("unit") ?? "KiB"] ?? 1) : 0;
}
