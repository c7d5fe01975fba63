import { parseXml, type XmlNode } from "../xml/parse.ts";
import type { DomainHost } from "./domain/domain-host.ts";

/** What libvirt's domcapabilities tell that a domain's XML depends on. */
export type DomainCapabilities = Pick<
  DomainHost,
  "architecture" | "emulator" | "maxVcpus" | "hypervFeatures" | "videoModels" | "uefi" | "secureBoot"
>;

/** Reads domcapabilities (libvirt's formatdomaincaps). */
export function readDomainCapabilities(xml: string): DomainCapabilities {
  const root = parseXml(xml);
  const firmwares = values(root.find("os"), "firmware");
  return {
    architecture: root.find("arch")?.text ?? "",
    emulator: root.find("path")?.text ?? "",
    maxVcpus: Number(root.find("vcpu")?.attribute("max") ?? 1),
    hypervFeatures: values(supported(root, "features/hyperv"), "features"),
    videoModels: values(supported(root, "devices/video"), "modelType"),
    uefi: firmwares.has("efi"),
    secureBoot: firmwares.has("efi") && values(root.find("os/loader"), "secure").has("yes"),
  };
}

function supported(root: XmlNode, path: string): XmlNode | undefined {
  return root.all(path).find((node) => node.attribute("supported") === "yes");
}

function values(node: XmlNode | undefined, name: string): ReadonlySet<string> {
  const list = node?.all("enum").find((item) => item.attribute("name") === name);
  return new Set(list?.all("value").map(({ text }) => text));
}
