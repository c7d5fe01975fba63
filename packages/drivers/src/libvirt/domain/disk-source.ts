import { problem, Reason } from "@limiquantix/api";
import { type DiskSource, sourceName } from "@limiquantix/node";
import { el, type XmlElement } from "../../xml/element.ts";
import type { XmlNode } from "../../xml/parse.ts";

/** A source as libvirt's XML has it: the `type` of the element around it, `<source>`, and `<driver>`'s type. */
export interface SourceXml {
  type: "file" | "block" | "network";
  source: XmlElement;
  format: string;
}

export function sourceXml(source: DiskSource): SourceXml {
  const { format } = source;
  switch (source.kind) {
    case "file":
      return { type: "file", source: el("source", { file: source.path }), format };
    case "block":
      return { type: "block", source: el("source", { dev: source.path }), format };
    case "rbd":
      return { type: "network", source: rbdSource(source), format };
    case "nfs":
      // Without an identity QEMU's client would send the ids that QEMU runs with.
      return {
        type: "network",
        source: el(
          "source",
          { protocol: "nfs", name: source.path },
          el("host", { name: source.server }),
          el("identity", { user: "0", group: "0" }),
        ),
        format,
      };
  }
}

function rbdSource({ monitors, name, user, secretId }: Extract<DiskSource, { kind: "rbd" }>): XmlElement {
  // libvirt 9.0 hands everything after the first "/" to QEMU as the image's name (qemuBlockStorageSourceGetRBDProps).
  if (name.split("/").length !== 2)
    throw problem(Reason.UNSUPPORTED, { what: `RBD image ${name}`, why: "libvirt knows no namespaces of RBD" });
  const hosts = monitors.map((monitor) => {
    const [, host = monitor, port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(monitor) ?? [];
    return el("host", { name: host, port });
  });
  const auth =
    secretId === undefined ? undefined : el("auth", { username: user }, el("secret", { type: "ceph", uuid: secretId }));
  return el("source", { protocol: "rbd", name }, ...hosts, auth);
}

/** `sourceName` of what an element with a `<source>` (a disk, a layer below it, a mirror) names; undefined: nothing. */
export function readSourceName(node: XmlNode): string | undefined {
  const source = node.find("source");
  const path = source?.attribute("file") ?? source?.attribute("dev");
  if (path !== undefined) return path;
  const name = source?.attribute("name");
  if (name === undefined) return undefined;
  const protocol = source?.attribute("protocol");
  const server = source?.find("host")?.attribute("name") ?? "";
  if (protocol === "nfs") return sourceName({ kind: "nfs", server, path: name, format: "raw" });
  return `${protocol}:${name}`;
}
