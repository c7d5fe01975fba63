import { create } from "@bufbuild/protobuf";
import { DiskDevice_Bus, VirtualMachineSchema } from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { DocumentFault, documentOf, documentYaml, maskBetween, parseDocument } from "./spec-document.ts";

const vm = create(VirtualMachineSchema, {
  id: "0",
  name: "web-1",
  labels: { stage: "prod", app: "web" },
  spec: {
    cpu: { cores: 2, sockets: 1 },
    memory: { sizeMib: 4096n },
    disks: [{ id: "d1", sizeGib: 40n, bus: DiskDevice_Bus.VIRTIO_BLK, ioLimits: { readIops: 500n } }],
    placement: { requiredLabels: { zone: "a" } },
  },
});
const document = documentOf(vm);
const text = documentYaml(document);

describe("the document of a VM", () => {
  test("is read back as what was written", () => {
    const again = parseDocument(text);
    expect(maskBetween(document, again)).toEqual([]);
    expect(documentYaml(again)).toBe(text);
  });
  test("has numbers where people write numbers, and labels by their keys", () => {
    expect(text).toContain("sizeMib: 4096");
    expect(text).toContain("readIops: 500");
    expect(text).toMatch(/labels:\n {2}app: web\n {2}stage: prod/);
  });
});

describe("the mask", () => {
  test.each([
    [(yaml: string) => yaml.replace("cores: 2", "cores: 4"), ["spec.cpu"]],
    [(yaml: string) => yaml.replace("sizeGib: 40", "sizeGib: 50"), ["spec.disks"]],
    [(yaml: string) => yaml.replace("name: web-1", "name: web-2").replace("4096", "8192"), ["name", "spec.memory"]],
    [(yaml: string) => yaml.replace("stage: prod", "stage: test"), ["labels"]],
    [(yaml: string) => `${yaml}  autoStart: true\n`, ["spec.auto_start"]],
    [(yaml: string) => yaml.replace(/ {2}placement:[\s\S]*/, ""), ["spec.placement"]],
  ])("names what differs and nothing else", (edit, paths) => {
    expect(maskBetween(document, parseDocument(edit(text)))).toEqual(paths);
  });
});

describe("what is no document", () => {
  test.each([
    ["a: [", 1],
    ["name: a\nspec: {cpu: {cores: many}}", undefined],
    ["name: a\nspec:\n  cpus: 2", undefined],
    ["name: a\nstatus: {}", undefined],
    ["- a", undefined],
    ["labels: 3\nname: a", undefined],
    ["description: a", undefined],
  ])("%j is refused, at its line where there is one", (yaml, line) => {
    let fault: unknown;
    try {
      parseDocument(yaml);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(DocumentFault);
    expect((fault as DocumentFault).line).toBe(line);
  });
});
