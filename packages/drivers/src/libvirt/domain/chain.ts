import type { XmlNode } from "../../xml/parse.ts";
import { readSourceName } from "./disk-source.ts";

/** A layer of a running disk. */
export interface Layer {
  /** As `sourceName` has it. */
  name: string;
  /** libvirt's number for it: `vda[2]`. */
  index: string | undefined;
}

/** What a running disk is made of, from the layer that is written down to the last. */
export function readChain(disk: XmlNode): Layer[] {
  const layers: Layer[] = [];
  for (let node: XmlNode | undefined = disk; node; node = node.find("backingStore")) {
    const name = readSourceName(node);
    if (name === undefined) break;
    layers.push({ name, index: node.find("source")?.attribute("index") ?? node.attribute("index") });
  }
  return layers;
}

/** Where a running job copies the disk to, or what it merges it into. */
export function readMirror(disk: XmlNode): { job: string; name: string | undefined } | undefined {
  const mirror = disk.find("mirror");
  return mirror && { job: mirror.attribute("job") ?? "", name: readSourceName(mirror) };
}
