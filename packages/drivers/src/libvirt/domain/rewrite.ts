import type { DiskSource } from "@limiquantix/node";
import { el, printXml, type XmlElement } from "../../xml/element.ts";
import { parseXml, type XmlNode } from "../../xml/parse.ts";
import { sourceXml } from "./disk-source.ts";

/** What of a device is not the guest's to see, by element. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  disk: ["driver", "source", "backingStore"],
  interface: ["source", "target"],
};
/** The same for the domain itself. */
const OF_DOMAIN = ["name", "title", "metadata"];

/** What takes the place of a device's outside. */
interface Outside {
  type: string;
  children: XmlElement[];
}

/**
 * The domain to wake a memory in: the hardware that the memory knows, as `saved` has it, with disks, networks and mark of
 * the present definition. Devices are known by alias.
 */
export function restoreXml(saved: string, present: string): string {
  const now = parseXml(present);
  const devices = new Map(now.all("devices").flatMap((node) => node.children.flatMap(outsideOf)));
  const root = parseXml(saved);
  const others = root.children.filter(({ name }) => !OF_DOMAIN.includes(name));
  const own = OF_DOMAIN.flatMap((name) => now.all(name).map(copyOf));
  const children = others.map((node) => (node.name === "devices" ? withOutside(node, devices) : copyOf(node)));
  return printXml(el(root.name, root.attributes, ...own, ...children));
}

/** A domain with other sources for its disks, by alias. Undefined: it lacks one of them. */
export function withSources(xml: string, sources: ReadonlyMap<string, DiskSource>): string | undefined {
  const root = parseXml(xml);
  const disks = root.all("devices/disk").filter((node) => sources.has(aliasOf(node) ?? ""));
  if (disks.length !== sources.size) return undefined;
  const replaced = disks.map((node): [string, Outside] => {
    const alias = aliasOf(node) ?? "";
    const { type, source, format, backingStore } = sourceXml(sources.get(alias)!);
    const driver = el("driver", { ...node.find("driver")?.attributes, type: format });
    return [`disk ${alias}`, { type, children: [driver, source, ...(backingStore ? [backingStore] : [])] }];
  });
  const children = root.children.map((node) =>
    node.name === "devices" ? withOutside(node, new Map(replaced)) : copyOf(node),
  );
  return printXml(el(root.name, root.attributes, ...children));
}

function aliasOf(node: XmlNode): string | undefined {
  return node.find("alias")?.attribute("name");
}

function outsideOf(node: XmlNode): [string, Outside][] {
  const [alias, names] = [aliasOf(node), OUTSIDE[node.name]];
  if (alias === undefined || !names) return [];
  const children = node.children.filter(({ name }) => names.includes(name)).map(copyOf);
  return [[`${node.name} ${alias}`, { type: node.attribute("type") ?? "", children }]];
}

function withOutside(devices: XmlNode, outside: ReadonlyMap<string, Outside>): XmlElement {
  const children = devices.children.map((device) => {
    const now = outside.get(`${device.name} ${aliasOf(device)}`);
    if (!now) return copyOf(device);
    const kept = device.children.filter(({ name }) => !OUTSIDE[device.name]?.includes(name)).map(copyOf);
    return el(device.name, { ...device.attributes, type: now.type }, ...now.children, ...kept);
  });
  return el(devices.name, devices.attributes, ...children);
}

function copyOf(node: XmlNode): XmlElement {
  const text = node.children.length === 0 && node.text !== "" ? [node.text] : [];
  return el(node.name, node.attributes, ...node.children.map(copyOf), ...text);
}
