import { create } from "@bufbuild/protobuf";
import {
  DiskDevice_Bus,
  DiskDevice_Cache,
  DiskDeviceSchema,
  Display_Type,
  Reason,
  VmSpecSchema,
} from "@limiquantix/api";
import { describe, expect, it } from "vitest";
import { kvmHost, profiles, tcgHost, VM_ID } from "../../testing/domain-profiles.ts";
import { parseXml } from "../../xml/parse.ts";
import { domainName, domainXml } from "./domain-xml.ts";
import { readMark } from "./mark.ts";

describe("domainXml", () => {
  it.each(Object.entries(profiles))("writes %s as the golden file has it", async (name, { definition, host, kept }) => {
    await expect(domainXml(definition, host, kept)).toMatchFileSnapshot(`../testdata/domain/${name}.xml`);
  });

  it("carries the mark, without the secrets", () => {
    for (const { definition, host } of Object.values(profiles)) {
      const xml = domainXml(definition, host);
      expect(xml).not.toContain("s3cr3t");
      const { spec, ...mark } = definition.mark;
      const provisioning = undefined;
      const expected = { ...mark, spec: spec && create(VmSpecSchema, { ...spec, provisioning }) };
      expect(readMark(parseXml(xml))).toEqual(expected);
    }
  });

  it("reads marks of before there were snapshots", () => {
    const xml = domainXml(profiles["hostile"]!.definition, tcgHost);
    expect(readMark(parseXml(xml))?.reverts).toBe(2);
    expect(readMark(parseXml(xml.replace(" reverts='2'", "")))?.reverts).toBe(0);
  });

  it("lets no string become structure", () => {
    const domain = parseXml(domainXml(profiles["hostile"]!.definition, tcgHost));
    expect(domain.all("devices").length).toBe(1);
    expect(domain.all("title").length).toBe(1);
    expect(domain.find("name")?.text).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(domain.find("devices/disk/source")?.attribute("file")).toContain("</title><devices/>'\"&");
  });

  it("refuses what the host cannot do, with the reason", () => {
    const { definition } = profiles["minimal"]!;
    const withSpec = (init: object) => ({ ...definition, spec: create(VmSpecSchema, init) });
    const unsupported = expect.objectContaining({ reason: Reason.UNSUPPORTED });
    const cases = [
      [withSpec({ cpu: { cores: 1, model: "host-passthrough" } }), tcgHost],
      [withSpec({ cpu: { cores: 500 } }), tcgHost],
      [withSpec({ display: { type: Display_Type.SPICE } }), kvmHost],
      [profiles["uefi"]!.definition, { ...tcgHost, uefi: false }],
      [profiles["secure-boot"]!.definition, { ...tcgHost, secureBoot: false }],
    ] as const;
    for (const [wanted, host] of cases) expect(() => domainXml(wanted, host)).toThrow(unsupported);
    for (const bus of [DiskDevice_Bus.NVME, DiskDevice_Bus.IDE]) {
      const { disks } = profiles["uefi"]!.definition;
      const moved = disks.map((attachment) => ({ ...attachment, disk: { ...attachment.disk, bus } }));
      expect(() => domainXml({ ...definition, disks: moved }, tcgHost)).toThrow(unsupported);
    }
  });

  it("shares a raw disk with other guests, past the host's cache, and no other", () => {
    const { definition } = profiles["minimal"]!;
    const id = "shared";
    const disk = create(DiskDeviceSchema, { id, shared: true, cache: DiskDevice_Cache.WRITEBACK });
    const withDisk = (format: "raw" | "qcow2") => {
      const source = { kind: "file" as const, path: "/pool/quorum", format };
      return domainXml({ ...definition, disks: [...definition.disks, { disk, source }] }, tcgHost);
    };
    const [shared = ""] = withDisk("raw").match(/<disk (?:(?!<\/disk>).)*quorum.*?<\/disk>/s) ?? [];
    expect(shared).toContain("<shareable/>");
    expect(shared).toMatch(/<driver [^>]*cache='none'/);
    expect(withDisk("raw").match(/<shareable/g)).toHaveLength(1);
    expect(() => withDisk("qcow2")).toThrow(expect.objectContaining({ reason: Reason.UNSUPPORTED }));
  });

  it("names domains so that two VMs of one name, made in one minute, differ", () => {
    expect(domainName(VM_ID, "web 1/../x")).toBe("lqx-000000a1-web-1-..-x");
  });
});
