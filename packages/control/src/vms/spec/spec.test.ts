import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  DiskDevice_Bus,
  ImageSchema,
  ImageSpec_Format,
  ImageStatus_Phase,
  isProblem,
  Reason,
  VirtualNetworkSchema,
  VmSpecSchema,
  type Problem,
  type VmSpec,
} from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { applyMask } from "../../field-mask.ts";
import { changesOf, checkChange } from "./changes.ts";
import { checkSpec, type SpecReferences } from "./check.ts";
import { completeNewSpec, type SpecContext } from "./defaults.ts";

type SpecInit = MessageInitShape<typeof VmSpecSchema>;
const GIB = 1024n ** 3n;

const images = [
  create(ImageSchema, {
    id: "debian",
    name: "debian-12",
    spec: { os: { family: "debian" } },
    status: { phase: ImageStatus_Phase.READY, format: ImageSpec_Format.QCOW2, virtualSizeBytes: 3n * GIB },
  }),
  create(ImageSchema, {
    id: "iso",
    name: "netinst",
    status: { phase: ImageStatus_Phase.READY, format: ImageSpec_Format.ISO },
  }),
  create(ImageSchema, { id: "late", name: "late", status: { phase: ImageStatus_Phase.DOWNLOADING } }),
];
const findImage = (id: string) => images.find((image) => image.id === id);

function context(): SpecContext {
  let ids = 0;
  return { findImage, defaultNetworkId: "net", newId: () => `id-${++ids}`, newMac: () => `52:54:00:00:00:0${++ids}` };
}

const references: SpecReferences = {
  findImage,
  findNetwork: (id) => (id === "net" ? create(VirtualNetworkSchema, { id }) : undefined),
  findPool: () => undefined,
  macOwner: (mac) => (mac === "52:54:00:aa:bb:cc" ? "VM db-1" : undefined),
};

function complete(init: SpecInit = {}): VmSpec {
  return completeNewSpec(create(VmSpecSchema, init), context());
}

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (isProblem(error)) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test("an empty spec becomes a VM: a core, 1 GiB, a disk that boots, an interface", () => {
  const spec = complete();
  expect(spec.cpu).toMatchObject({ cores: 1, sockets: 1, threadsPerCore: 1 });
  expect(spec.memory).toMatchObject({ sizeMib: 1024n });
  expect(spec.disks).toMatchObject([{ sizeGib: 10n, bootIndex: 1, bus: DiskDevice_Bus.VIRTIO_BLK }]);
  expect(spec.nics).toMatchObject([{ networkId: "net", macAddress: expect.stringMatching(/^52:54:00:/) }]);
  expect(() => checkSpec(spec, references)).not.toThrow();
});

test("a disk of an image is as large as the image; the guest's family is the image's", () => {
  const spec = complete({ disks: [{ imageId: "debian" }] });
  expect([spec.disks[0]?.sizeGib, spec.guestOs?.family]).toEqual([3n, 2]);
});

describe("what is refused", () => {
  test.each<[string, SpecInit]>([
    ["spec.cpu.cores", { cpu: { cores: 3, sockets: 2 } }],
    ["spec.cpu.maxCores", { cpu: { cores: 4, maxCores: 2 } }],
    ["spec.memory.sizeMib", { memory: { sizeMib: 1n } }],
    ["spec.memory.maxMemoryMib", { memory: { sizeMib: 1024n, maxMemoryMib: 512n } }],
    ["spec.disks[0].bus", { disks: [{ bus: DiskDevice_Bus.IDE }] }],
    ["spec.disks[0].storagePoolId", { disks: [{ storagePoolId: "nope" }] }],
    ["spec.disks[0].imageId", { disks: [{ imageId: "iso" }] }],
    ["spec.cdroms[0].imageId", { cdroms: [{ imageId: "debian" }] }],
    ["spec.nics[0].networkId", { nics: [{ networkId: "nope" }] }],
    ["spec.nics[0].macAddress", { nics: [{ macAddress: "53:54:00:00:00:01" }] }],
    ["spec.nics[0].macAddress", { nics: [{ macAddress: "52:54:00:AA:BB:CC" }] }],
    ["spec.nics[1].macAddress", { nics: [{ macAddress: "52:54:00:00:00:01" }, { macAddress: "52:54:00:00:00:01" }] }],
    ["spec.nics[0].bootIndex", { disks: [{ bootIndex: 1 }], nics: [{ bootIndex: 1 }] }],
    ["spec.disks[1].id", { disks: [{ id: "x" }, { id: "x" }] }],
    ["spec.display.type", { display: { type: 2 } }],
  ])("%s", (field, init) => {
    const refused = problemOf(() => checkSpec(complete(init), references));
    expect([refused.reason, refused.fields.map((fault) => fault.field)]).toEqual([Reason.INVALID_REQUEST, [field]]);
  });

  test.each<[Reason, SpecInit]>([
    [Reason.IMAGE_NOT_READY, { disks: [{ imageId: "late" }] }],
    [Reason.NOT_FOUND, { disks: [{ imageId: "nope" }] }],
    [Reason.DISK_TOO_SMALL_FOR_IMAGE, { disks: [{ imageId: "debian", sizeGib: 2n }] }],
  ])("for reason %s", (reason, init) => {
    expect(problemOf(() => checkSpec(complete(init), references)).reason).toBe(reason);
  });
});

describe("changes", () => {
  const before = complete({
    cpu: { cores: 2, maxCores: 4 },
    memory: { sizeMib: 1024n, maxMemoryMib: 2048n },
    cdroms: [{ id: "cd" }],
  });
  test.each<[string, (spec: VmSpec) => void, string[]]>([
    ["none", () => {}, []],
    ["cores within max", ({ cpu }) => cpu && (cpu.cores = 4), ["cpu.cores live"]],
    [
      "cores beyond max, and the max",
      ({ cpu }) => cpu && Object.assign(cpu, { cores: 8, maxCores: 8 }),
      ["cpu restart"],
    ],
    ["memory within max", ({ memory }) => memory && (memory.sizeMib = 2048n), ["memory.sizeMib live"]],
    ["a larger disk", ({ disks }) => disks[0] && (disks[0].sizeGib = 20n), ["disks[0] live"]],
    ["another cache", ({ disks }) => disks[0] && (disks[0].cache = 3), ["disks[0] restart"]],
    ["a disk less", (spec) => (spec.disks = []), ["disks live"]],
    ["a pulled cable", ({ nics }) => nics[0] && (nics[0].disconnected = true), ["nics[0] live"]],
    ["another card", ({ nics }) => nics[0] && (nics[0].model = 2), ["nics[0] restart"]],
    ["another disc", ({ cdroms }) => cdroms[0] && (cdroms[0].imageId = "iso"), ["cdroms[0] live"]],
    ["a drive less", (spec) => (spec.cdroms = []), ["cdroms restart"]],
    ["firmware", (spec) => spec.firmware && (spec.firmware.type = 2), ["firmware restart"]],
    ["auto-start", (spec) => (spec.autoStart = true), ["autoStart live"]],
  ])("%s", (_, change, expected) => {
    const after = clone(VmSpecSchema, before);
    change(after);
    expect(() => checkChange(before, after)).not.toThrow();
    expect(changesOf(before, after).map(({ path, live }) => `${path} ${live ? "live" : "restart"}`)).toEqual(expected);
  });

  test("a disk does not shrink, and is what it was made of", () => {
    const smaller = clone(VmSpecSchema, before);
    if (smaller.disks[0]) smaller.disks[0].sizeGib = 1n;
    expect(problemOf(() => checkChange(before, smaller)).reason).toBe(Reason.DISK_CANNOT_SHRINK);
    const other = clone(VmSpecSchema, before);
    if (other.disks[0]) other.disks[0].imageId = "debian";
    expect(problemOf(() => checkChange(before, other)).fields[0]?.field).toBe("spec.disks[0].imageId");
  });
});

describe("masks", () => {
  const current = create(VmSpecSchema, { cpu: { cores: 2, model: "host-model" }, disks: [{ id: "a" }] });
  const asked = create(VmSpecSchema, { cpu: { cores: 8 }, disks: [{ id: "b" }, { id: "c" }], autoStart: true });
  const masked = (...paths: string[]) => applyMask(VmSpecSchema, { root: "spec", current, asked }, paths);
  test("takes what is named, by either spelling, and nothing else", () => {
    expect(masked("spec.cpu.cores")).toMatchObject({ cpu: { cores: 8, model: "host-model" }, autoStart: false });
    expect(masked("spec.autoStart", "spec.disks")).toMatchObject({
      autoStart: true,
      disks: [{ id: "b" }, { id: "c" }],
    });
    expect(masked("spec.auto_start").disks).toMatchObject([{ id: "a" }]);
    expect(masked("spec.memory.size_mib").memory?.sizeMib).toBe(0n);
    expect(masked("spec.cpu").cpu).toMatchObject({ cores: 8, model: "" });
    expect(masked("spec")).toMatchObject({ disks: [{ id: "b" }, { id: "c" }] });
    expect(current).toMatchObject({ cpu: { cores: 2 }, disks: [{ id: "a" }] });
  });
  test.each(["spec.nonsense", "spec.cpu.cores.x", "spec.disks.id", "spec.__proto__"])("refuses %s", (path) => {
    expect(problemOf(() => masked(path)).reason).toBe(Reason.INVALID_REQUEST);
  });
});
