import { Reason } from "@limiquantix/api";
import { type DiskSource, sourceName } from "@limiquantix/node";
import { describe, expect, it } from "vitest";
import { el, printXml } from "../../xml/element.ts";
import { parseXml } from "../../xml/parse.ts";
import { readChain, readMirror } from "./chain.ts";
import { readSourceName, sourceXml } from "./disk-source.ts";

const rbd = {
  kind: "rbd",
  monitors: ["10.0.0.1:6789"],
  name: "vms/v1",
  user: "admin",
  secretId: undefined,
  format: "raw",
} as const;

describe("disk sources", () => {
  it.each<DiskSource>([
    { kind: "file", path: "/a/b.qcow2", format: "qcow2" },
    { kind: "block", path: "/dev/vg/v", format: "raw" },
    rbd,
    { kind: "nfs", server: "fd00::1", path: "/srv/v.qcow2", format: "qcow2" },
  ])("are read as they are named: $kind", (source) => {
    const { type, source: element } = sourceXml(source);
    expect(readSourceName(parseXml(printXml(el("disk", { type }, element))))).toBe(sourceName(source));
  });

  it("take no RBD namespace, which libvirt would hand on as part of the image's name", () => {
    const unsupported = expect.objectContaining({ reason: Reason.UNSUPPORTED });
    expect(() => sourceXml({ ...rbd, name: "vms/tenant/v1" })).toThrow(unsupported);
  });

  it("of an export say what is below them, down to the end", () => {
    const below = [{ path: "/srv/b.qcow2", format: "qcow2" as const }];
    const xml = sourceXml({ kind: "nfs", server: "filer", path: "/srv/t.qcow2", format: "qcow2", below });
    const disk = parseXml(printXml(el("disk", { type: xml.type }, xml.source, xml.backingStore)));
    expect(readChain(disk).map(({ name }) => name)).toEqual(["nfs://filer/srv/t.qcow2", "nfs://filer/srv/b.qcow2"]);
    expect(disk.find("backingStore")?.find("backingStore")?.children).toEqual([]);
  });

  it("are known layer by layer, and where a job leads", () => {
    const disk = parseXml(`<disk type='file'><driver type='qcow2'/><source file='/top' index='4'/>
      <backingStore type='file' index='3'><format type='qcow2'/><source file='/middle'/>
        <backingStore type='network'><source protocol='rbd' name='p/i' index='1'/><backingStore/></backingStore>
      </backingStore>
      <mirror type='block' job='copy' ready='yes'><format type='raw'/><source dev='/dev/x'/></mirror></disk>`);
    expect(readChain(disk)).toEqual([
      { name: "/top", index: "4" },
      { name: "/middle", index: "3" },
      { name: "rbd:p/i", index: "1" },
    ]);
    expect(readMirror(disk)).toEqual({ job: "copy", name: "/dev/x" });
    expect(readChain(parseXml("<disk type='file' device='cdrom'/>"))).toEqual([]);
  });
});
