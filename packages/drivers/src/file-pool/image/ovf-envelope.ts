import { ImageRequirements_Firmware, problem, Reason } from "@limiquantix/api";
import { XMLParser } from "fast-xml-parser";

/** What an OVF descriptor says of the one machine in it. Source: DMTF DSP0243; `vmw:` and `vbox:` are the exporters' own. */
export interface OvfEnvelope {
  /** In the order of the descriptor. */
  disks: { href: string; compressed: boolean }[];
  osName: string;
  memoryMib: number;
  cpuCores: number;
  firmware: ImageRequirements_Firmware;
}

const MOST_BYTES = 4 * 1024 * 1024;

type Element = Record<string, unknown>;

/** Names without their prefixes, and all as lists: one and many look the same. Entities are left as they are. */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: true,
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

export function parseOvf(text: string): OvfEnvelope {
  if (text.length > MOST_BYTES) throw unusable("its descriptor is larger than 4 MiB");
  let root: Element;
  try {
    root = parser.parse(text) as Element;
  } catch (cause) {
    throw problem(Reason.IMAGE_TRUNCATED, { why: `its descriptor is no XML: ${(cause as Error).message}` }, { cause });
  }
  const envelope = first(root, "Envelope");
  if (!envelope) throw unusable("its descriptor is no OVF envelope");
  const systems = elements(first(envelope, "VirtualSystemCollection") ?? envelope, "VirtualSystem");
  if (systems.length !== 1) throw unusable(`it has ${systems.length} machines; export each one by itself`);
  const system = systems[0] ?? {};
  const items = elements(first(system, "VirtualHardwareSection") ?? {}, "Item");
  const quantity = (type: string) => items.find((item) => textOf(item, "ResourceType") === type);
  const [cpu, memory] = [quantity("3"), quantity("4")];
  return {
    disks: disksOf(envelope),
    osName: osName(first(system, "OperatingSystemSection")),
    cpuCores: whole(cpu && textOf(cpu, "VirtualQuantity")),
    memoryMib: memory
      ? Math.floor((whole(textOf(memory, "VirtualQuantity")) * unitBytes(textOf(memory, "AllocationUnits"))) / 2 ** 20)
      : 0,
    firmware: firmwareOf(system),
  };
}

function disksOf(envelope: Element): OvfEnvelope["disks"] {
  const files = new Map(
    elements(first(envelope, "References") ?? {}, "File").map((file) => [attribute(file, "id"), file]),
  );
  return elements(first(envelope, "DiskSection") ?? {}, "Disk").flatMap((disk) => {
    if (attribute(disk, "parentRef"))
      throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: "the parent of a disk" });
    // Without a file it is an empty disk, which the machine is to be given.
    const reference = attribute(disk, "fileRef");
    if (!reference) return [];
    const file = files.get(reference);
    if (!file) throw problem(Reason.IMAGE_TRUNCATED, { why: `its descriptor has no file ${reference}` });
    if (attribute(file, "chunkSize")) throw unusable("one of its disks is cut into several files");
    const compression = attribute(file, "compression");
    return [{ href: attribute(file, "href"), compressed: compression !== "" && compression !== "identity" }];
  });
}

/** VMware's and VirtualBox's own names tell more than the number of the CIM; a description is for people. */
function osName(section: Element | undefined): string {
  if (!section) return "";
  const own = attribute(section, "osType") || textOf(section, "OSType") || textOf(section, "Description");
  return own.trim().slice(0, 128);
}

function firmwareOf(system: Element): ImageRequirements_Firmware {
  const hardware = first(system, "VirtualHardwareSection") ?? {};
  const settings = new Map(
    [...elements(hardware, "Config"), ...elements(hardware, "ExtraConfig")].map((config) => [
      attribute(config, "key"),
      attribute(config, "value").toLowerCase(),
    ]),
  );
  const isEfi =
    settings.get("firmware") === "efi" ||
    elements(first(first(system, "Machine") ?? {}, "Hardware") ?? {}, "Firmware").some((firmware) =>
      attribute(firmware, "type").toUpperCase().startsWith("EFI"),
    );
  if (isEfi && settings.get("uefi.secureBoot.enabled") === "true") return ImageRequirements_Firmware.UEFI_SECURE_BOOT;
  if (isEfi) return ImageRequirements_Firmware.UEFI;
  return settings.get("firmware") === "bios"
    ? ImageRequirements_Firmware.BIOS
    : ImageRequirements_Firmware.FIRMWARE_UNKNOWN;
}

/** `byte * 2^20`, and the words of older exporters. */
function unitBytes(unit: string): number {
  const power = /^byte(?:s)?\s*\*\s*2\^(\d{1,2})$/i.exec(unit.trim())?.[1];
  if (power) return 2 ** Number(power);
  return (
    { byte: 1, bytes: 1, kilobytes: 2 ** 10, gigabytes: 2 ** 30, gb: 2 ** 30 }[unit.trim().toLowerCase()] ?? 2 ** 20
  );
}

function whole(text: string | undefined): number {
  return /^\d{1,9}$/.test(text ?? "") ? Number(text) : 0;
}

function elements(parent: Element, name: string): Element[] {
  const found = parent[name];
  return Array.isArray(found) ? found.filter((element) => typeof element === "object" && element !== null) : [];
}

function first(parent: Element, name: string): Element | undefined {
  return elements(parent, name)[0];
}

function attribute(element: Element, name: string): string {
  const value = element[`@${name}`];
  return typeof value === "string" ? value : "";
}

/** Of a child that is text, with or without attributes of its own. */
function textOf(parent: Element, name: string): string {
  const found: unknown = (parent[name] as unknown[] | undefined)?.[0];
  if (typeof found === "string") return found;
  const text = (found as Element | undefined)?.["#text"];
  return typeof text === "string" ? text : "";
}

function unusable(why: string) {
  return problem(Reason.IMAGE_FORMAT_UNKNOWN, { why });
}
