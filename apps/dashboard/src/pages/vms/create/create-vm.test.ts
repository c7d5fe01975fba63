import { create } from "@bufbuild/protobuf";
import {
  CreateVMRequestSchema,
  DiskDevice_Bus,
  Firmware_Type,
  ImageSchema,
  ImageStatus_Phase,
  invalid,
  NetworkInterface_Model,
  NodeSchema,
  problem,
  Reason,
} from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { emptyDraft, isPristine, readDraft, withoutSecrets, type Draft } from "./draft.ts";
import { placedSpecOf, requestOf } from "./request.ts";
import { serverFaults } from "./server-faults.ts";
import { checkKeys, keysIn, withPasted } from "./ssh-keys.ts";
import { userDataFault } from "./user-data.ts";
import { faultsOf, waysIn, type DraftContext } from "./validate.ts";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZ0NT3cUpnGPMURR5PpRsYfaUiVCXWIhWyFBEjIDZVS ann@laptop";
const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFcD4RvIrO6r6O7a2m2dq1cJyIyYYvfmM4RCbx+1WUKI bob";

const debian = create(ImageSchema, {
  id: "debian",
  name: "debian-12",
  spec: { defaultUser: "debian", requirements: { minMemoryMib: 512n, minDiskGib: 3n } },
  status: { phase: ImageStatus_Phase.READY, virtualSizeBytes: 2n ** 31n },
});
const context: DraftContext = {
  images: new Map([
    ["debian", debian],
    ["iso", create(ImageSchema, { id: "iso", status: { phase: ImageStatus_Phase.READY } })],
    ["arriving", create(ImageSchema, { id: "arriving", status: { phase: ImageStatus_Phase.DOWNLOADING } })],
  ]),
  networks: new Map(),
  pools: new Map(),
  volumes: new Map(),
  nodes: new Map([["n1", create(NodeSchema, { id: "n1" })]]),
  userDataFault: undefined,
};
const draft = (part: Partial<Draft> = {}): Draft => ({ ...emptyDraft, imageId: "debian", name: "web-1", ...part });
const faults = (part: Partial<Draft>, with_: Partial<DraftContext> = {}) =>
  faultsOf(draft(part), { ...context, ...with_ }).map(({ step, field }) => `${step}/${field}`);

describe("what is wrong with a draft", () => {
  test("nothing", () => expect(faults({})).toEqual([]));
  test.each<[Partial<Draft>, string[]]>([
    [{ imageId: "" }, ["source/imageId"]],
    [{ imageId: "arriving" }, ["source/imageId"]],
    [{ imageId: "gone" }, ["source/imageId"]],
    [{ source: "iso" }, ["source/isoId"]],
    [{ source: "iso", isoId: "iso" }, []],
    [{ source: "empty", imageId: "" }, []],
    [{ name: " " }, ["name/name"]],
    [{ name: "-web" }, ["name/name"]],
    [{ name: "w".repeat(64) }, ["name/name"]],
    [{ labels: "env=prod\nteam=a" }, []],
    [{ labels: "prod" }, ["name/labels"]],
    [{ cores: 0 }, ["resources/cores"]],
    [{ cores: 1.5 }, ["resources/cores"]],
    [{ memoryMib: 8 }, ["resources/memoryMib"]],
    [{ memoryMib: 256 }, ["resources/memoryMib"]],
    [{ source: "empty", memoryMib: 256 }, []],
    [{ disks: [{ sizeGib: 2, poolId: "" }] }, ["resources/disks.0.sizeGib"]],
    [
      {
        disks: [
          { sizeGib: 3, poolId: "" },
          { sizeGib: 0, poolId: "x" },
        ],
      },
      ["resources/disks.1.sizeGib", "resources/disks.1.poolId"],
    ],
    [{ nics: [{ networkId: "x", macAddress: "" }] }, ["network/nics.0.networkId"]],
    [{ nics: [{ networkId: "", macAddress: "52:54" }] }, ["network/nics.0.macAddress"]],
    [
      {
        nics: [
          { networkId: "", macAddress: "52:54:00:00:00:01" },
          { networkId: "", macAddress: "52:54:00:00:00:01" },
        ],
      },
      ["network/nics.1.macAddress"],
    ],
    [{ username: "Ann" }, ["access/username"]],
    [{ password: "short", confirmation: "short" }, ["access/password"]],
    [{ password: "correct horse", confirmation: "correct hose" }, ["access/confirmation"]],
    [{ password: "correct\thorse", confirmation: "correct\thorse" }, ["access/password"]],
    [{ password: "pässwörd", confirmation: "pässwörd" }, []],
    [{ sshKeys: [ed25519, "", ed25519] }, ["access/sshKeys.2"]],
    [{ source: "empty", sshKeys: ["nonsense"] }, []],
    [{ nodeId: "n1" }, []],
    [{ nodeId: "gone" }, ["placement/nodeId"]],
  ])("%j", (part, expected) => expect(faults(part)).toEqual(expected));
  test("user-data that is no YAML", () =>
    expect(faults({}, { userDataFault: { line: 3, message: "bad" } })).toEqual(["access/userData"]));
});

test("SSH keys are checked one by one and against each other", () => {
  const checked = checkKeys([ed25519, "", `${ed25519}-again`, ed25519.slice(0, 50), other]);
  expect(checked[0]).toEqual({ type: "ssh-ed25519", comment: "ann@laptop" });
  expect(checked[1]).toEqual({});
  expect(checked[2]?.fault).toBe("it is key 1 again");
  expect(checked[3]?.fault).toMatch(/incomplete|cut off/);
  expect(checked[4]?.fault).toBeUndefined();
});

test("keys come from files and from the clipboard, one or several", () => {
  expect(keysIn(`# mine\r\n${ed25519}\r\n\n${other}\n`)).toEqual([ed25519, other]);
  expect(withPasted(["", "x"], 0, `${ed25519}\n${other}\n`)).toEqual([ed25519, other, "x"]);
  expect(withPasted(["x"], 0, `${ed25519}\n`)).toEqual([ed25519]);
  const pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END";
  expect(checkKeys(withPasted([""], 0, pem))[0]?.fault).toBeDefined();
});

test.each([
  ["", undefined],
  ["#cloud-config\n", undefined],
  ["#cloud-config\npackages: [nginx]\n", undefined],
  ["packages: [nginx]", 1],
  ["#cloud-configuration\na: 1", 1],
  ["#cloud-config\n- a\n", 2],
  ["#cloud-config\na: 1\nb: [1\n", 4],
  ["#cloud-config\na: 1\na: 2\n", 3],
  [`#cloud-config\n# ${"x".repeat(70_000)}`, 1],
])("user-data %j", (text, line) => expect(userDataFault(text)?.line).toBe(line));

test("the request of a cloud image has its cloud-init, and what decides on its place has no secrets", () => {
  const filled = draft({
    name: "Web_1.prod",
    password: "correct horse",
    sshKeys: [` ${ed25519} `, ""],
    labels: "env=prod",
  });
  const request = create(CreateVMRequestSchema, requestOf(filled));
  expect(request).toMatchObject({ name: "Web_1.prod", labels: { env: "prod" }, startOnCreate: true });
  expect(request.spec?.disks).toMatchObject([{ imageId: "debian", sizeGib: 20n, bootIndex: 1 }]);
  expect(request.spec?.provisioning?.cloudInit).toMatchObject({
    hostname: "web-1-prod",
    password: "correct horse",
    sshKeys: [ed25519],
  });
  expect(placedSpecOf(filled)).not.toHaveProperty("provisioning");
});

test("an installer boots behind the empty disk; Windows gets hardware that its installer knows", () => {
  const filled = draft({ source: "iso", isoId: "iso", guest: "windows", firmware: "uefi", password: "correct horse" });
  const { spec } = create(CreateVMRequestSchema, requestOf(filled));
  expect(spec?.disks).toMatchObject([{ imageId: "", bootIndex: 1, bus: DiskDevice_Bus.SATA }]);
  expect(spec?.cdroms).toMatchObject([{ imageId: "iso", bootIndex: 2 }]);
  expect(spec?.nics).toMatchObject([{ model: NetworkInterface_Model.E1000E }]);
  expect(spec?.firmware?.type).toBe(Firmware_Type.UEFI);
  expect(spec?.provisioning).toBeUndefined();
});

test("what is half typed is no reason to throw", () => {
  const half = draft({ cores: Number.NaN, memoryMib: -1, disks: [{ sizeGib: 1e300, poolId: "" }] });
  expect(() => create(CreateVMRequestSchema, requestOf(half))).not.toThrow();
});

test("a draft is kept without its secrets, and what is no draft is none", () => {
  const filled = draft({ password: "p", confirmation: "p", userData: "#cloud-config", sshKeys: [ed25519] });
  const text = JSON.stringify(withoutSecrets(filled));
  expect(text).not.toContain("#cloud-config");
  expect(readDraft(text)).toEqual(draft({ sshKeys: [ed25519] }));
  expect(readDraft(JSON.stringify({ name: 7, disks: "x", cores: 4, secret: "y" }))).toEqual({
    ...emptyDraft,
    cores: 4,
  });
  for (const none of [null, "", "{", "null"]) expect(readDraft(none)).toBeUndefined();
  expect(isPristine(emptyDraft)).toBe(true);
  expect(isPristine(draft())).toBe(false);
});

test("what the server refuses is shown where it belongs", () => {
  const at = (fields: string[]) =>
    serverFaults(invalid(fields.map((field) => ({ field, message: "m" })))).map(
      ({ step, field }) => `${step}/${field}`,
    );
  expect(
    at([
      "name",
      "spec.cpu.cores",
      "spec.disks[2].sizeGib",
      "spec.disks[1].storagePoolId",
      "spec.nics[1].macAddress",
      "spec.provisioning.cloudInit.username",
      "spec.unheardOf",
    ]),
  ).toEqual([
    "name/name",
    "resources/cores",
    "resources/disks.2.sizeGib",
    "resources/disks.1.poolId",
    "network/nics.1.macAddress",
    "access/username",
  ]);
  expect(serverFaults(problem(Reason.NAME_TAKEN, { kind: "VM", name: "web-1" }))).toMatchObject([{ field: "name" }]);
  expect(serverFaults(problem(Reason.SSH_KEY_INVALID, { index: "2", why: "w" }))).toMatchObject([
    { field: "sshKeys.1" },
  ]);
  expect(serverFaults(problem(Reason.INTERNAL, {}))).toEqual([]);
});

test("the ways in, in words", () => {
  expect(waysIn(draft(), "debian")).toEqual([]);
  expect(waysIn(draft({ password: "short", confirmation: "short" }), "debian")).toEqual([]);
  expect(
    waysIn(draft({ password: "correct horse", confirmation: "correct horse", sshKeys: [ed25519, other] }), "debian"),
  ).toEqual(["Password of debian", "2 SSH keys of debian"]);
  expect(waysIn(draft({ username: "ann", sshKeys: [ed25519, "x"], userData: "#cloud-config" }), "")).toEqual([
    "1 SSH key of ann",
    "What your user-data sets up",
  ]);
});
