import { fromJson, toJson } from "@bufbuild/protobuf";
import { VmSpecSchema } from "@limiquantix/api";
import type { DomainMark } from "@limiquantix/node";
import { el, printXml, type XmlElement } from "../../xml/element.ts";
import type { XmlNode } from "../../xml/parse.ts";

/** The namespace of our mark in a domain's metadata. */
export const MARK_NAMESPACE = "https://limiquantix.dev/xmlns/domain/1";
export const MARK_PREFIX = "lqx";

/** The mark as an element with its namespace, as it stands in a domain's XML. */
export function markElement(mark: DomainMark): XmlElement {
  const namespace = { [`xmlns:${MARK_PREFIX}`]: MARK_NAMESPACE };
  return markWith(`${MARK_PREFIX}:vm`, namespace, mark);
}

/** The mark as libvirt's SetMetadata wants it: it adds prefix and namespace itself. */
export function markText(mark: DomainMark): string {
  return printXml(markWith("vm", {}, mark)).trim();
}

function markWith(name: string, namespace: Record<string, string>, mark: DomainMark): XmlElement {
  const { generation, reboots, reverts, adopted, spec } = mark;
  const json = spec && JSON.stringify(toJson(VmSpecSchema, spec));
  return el(name, { ...namespace, generation, reboots, reverts, adopted: adopted ? "yes" : "no" }, json);
}

/** Our mark among a domain's metadata, under whatever prefix; undefined where there is none. */
export function readMark(domain: XmlNode): DomainMark | undefined {
  const node = domain.find("metadata")?.children.find((child) => {
    const [prefix] = child.name.includes(":") ? child.name.split(":") : [undefined];
    return child.attribute(prefix === undefined ? "xmlns" : `xmlns:${prefix}`) === MARK_NAMESPACE;
  });
  if (!node) return undefined;
  return {
    generation: Number(node.attribute("generation")),
    reboots: Number(node.attribute("reboots")),
    // Marks of before there were snapshots have none.
    reverts: Number(node.attribute("reverts") ?? 0),
    adopted: node.attribute("adopted") === "yes",
    // A newer version of ours may have written fields that this one does not know.
    spec: node.text ? fromJson(VmSpecSchema, JSON.parse(node.text), { ignoreUnknownFields: true }) : undefined,
  };
}
