import { problem, Reason } from "@limiquantix/api";
import { type DiskSource, sourceName } from "@limiquantix/node";
import { el, type XmlElement } from "../../xml/element.ts";
import type { XmlNode } from "../../xml/parse.ts";

/** A source as libvirt's XML has it: the `type` of the element around it, `<source>`, and `<driver>`'s type. */
export interface SourceXml {
  type: "file" | "block" | "network";
  source: XmlElement;
  format: string;
  /** What is below it, where libvirt cannot see that for itself. */
  backingStore?: XmlElement | undefined;
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
      return {
        type: "network",
        source: nfsSource(source.server, source.path),
        format,
        backingStore: source.below && nfsLayers(source.server, source.below),
      };
  }
}

/** Without an identity QEMU's client would send the ids that QEMU runs with. */
function nfsSource(server: string, path: string): XmlElement {
  return el(
    "source",
    { protocol: "nfs", name: path },
    el("host", { name: server }),
    el("identity", { user: "0", group: "0" }),
  );
}

/** An empty one is the end. */
function nfsLayers(server: string, below: readonly { path: string; format: string }[]): XmlElement {
  const [next, ...others] = below;
  if (!next) return el("backingStore");
  const format = el("format", { type: next.format });
  return el("backingStore", { type: "network" }, format, nfsSource(server, next.path), nfsLayers(server, others));
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
