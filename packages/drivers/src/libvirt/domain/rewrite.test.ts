import type { DiskSource } from "@limiquantix/node";
import { describe, expect, it } from "vitest";
import { profiles } from "../../testing/domain-profiles.ts";
import { parseXml } from "../../xml/parse.ts";
import { domainXml } from "./domain-xml.ts";
import { readSourceName } from "./disk-source.ts";
import { readMark } from "./mark.ts";
import { restoreXml, withSources } from "./rewrite.ts";

const { definition, host, kept } = profiles["kept-hardware"]!;
const saved = domainXml(definition, host, kept);
const file = (path: string): DiskSource => ({ kind: "file", path, format: "raw" });
const sourcesIn = (xml: string) => parseXml(xml).all("devices/disk").map(readSourceName);

describe("a domain's XML", () => {
  it("is the memory's hardware with the disks, networks and mark of now", () => {
    const mark = { ...definition.mark, reverts: 4 };
    const disks = definition.disks.map((it, i) => ({ ...it, source: file(`/now/${i}`) }));
    const nics = definition.nics.slice(0, 1).map((it) => ({ ...it, bridge: "br-now" }));
    const present = domainXml({ ...definition, name: "new name", mark, disks, nics }, host);
    const restored = restoreXml(saved, present);
    expect(sourcesIn(restored)).toEqual(disks.map(({ source }) => source.kind === "file" && source.path));
    expect(readMark(parseXml(restored))).toMatchObject({ reverts: 4 });
    expect(parseXml(restored).find("title")?.text).toBe("new name");
    const bridges = parseXml(restored).all("devices/interface/source");
    expect(bridges.map((it) => it.attribute("bridge"))).toEqual(["br-now", definition.nics[1]!.bridge]);
    const addresses = (xml: string) =>
      parseXml(xml)
        .all("devices/disk/address")
        .map((it) => it.attributes);
    expect(addresses(restored)).toEqual(addresses(saved));
    expect(restoreXml(saved, saved)).toBe(restoreXml(restoreXml(saved, saved), saved));
  });

  it("is given other sources, all or none", () => {
    const [first, second, third] = sourcesIn(saved);
    const changed = withSources(saved, new Map([["ua-disk-disk-3", file("/x")]]));
    expect(sourcesIn(changed ?? "")).toEqual([first, "/x", third]);
    expect(changed).toContain("type='raw' cache='none' error_policy='stop'");
    expect(second).not.toBe("/x");
    const sources = new Map([
      ["ua-disk-disk-3", file("/x")],
      ["ua-disk-none", file("/y")],
    ]);
    expect(withSources(saved, sources)).toBeUndefined();
  });
});
