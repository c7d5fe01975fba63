import { create, fromJson, toJson, type JsonObject } from "@bufbuild/protobuf";
import {
  CreateVMRequestSchema,
  Firmware_Type,
  ImageSchema,
  VirtualMachineSchema,
  VirtualNetworkSchema,
  VmStatus_PowerState,
} from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { getPart } from "../../rpc/resolve.ts";
import type { CreateFlags } from "./create-request.ts";
import { createRequest, firstDiskGib, type Found, type GuestSetup } from "./create-request.ts";
import { changesFromEdit, changesFromFlags, editable } from "./edit-request.ts";
import { listRequest } from "./list-vms.ts";
import { sshArguments } from "./ssh-to-vm.ts";
import { keysIn } from "./ssh-keys.ts";

const image = create(ImageSchema, { id: "img", name: "debian", status: { virtualSizeBytes: 3n * 1024n ** 3n } });
const none: Found = { image: undefined, isos: [], networks: [], nodeId: "", poolId: "", projectId: "", folderId: "" };
const noGuest: GuestSetup = { password: "", sshKeys: [], userData: "", networkConfig: "" };
const flags: CreateFlags = { cpu: 2, memory: 2048n, start: true };

function request(more: Partial<CreateFlags>, found: Partial<Found> = {}, guest: Partial<GuestSetup> = {}) {
  const input = {
    name: "web",
    flags: { ...flags, ...more },
    found: { ...none, ...found },
    guest: { ...noGuest, ...guest },
  };
  return create(CreateVMRequestSchema, createRequest(input));
}

describe("vm create", () => {
  test("an image gives a disk of 10 GiB, one network interface and cloud-init", () => {
    const made = request({ user: "ada" }, { image }, { sshKeys: ["ssh-ed25519 AAAA"] });
    expect(toJson(CreateVMRequestSchema, made)).toEqual({
      name: "web",
      startOnCreate: true,
      spec: {
        cpu: { cores: 2 },
        memory: { sizeMib: "2048" },
        disks: [{ sizeGib: "10", imageId: "img", bootIndex: 1 }],
        nics: [{}],
        provisioning: { cloudInit: { username: "ada", sshKeys: ["ssh-ed25519 AAAA"] } },
      },
    });
  });
  test("further disks are empty; --no-network pulls the cable; labels, host and firmware go along", () => {
    const made = request(
      { disk: [20n, 5n], network: false, label: { app: "web" }, firmware: "uefi", start: false },
      { image, nodeId: "n1", poolId: "p1" },
    );
    expect(made.spec?.disks.map((disk) => [disk.sizeGib, disk.imageId, disk.storagePoolId])).toEqual([
      [20n, "img", "p1"],
      [5n, "", "p1"],
    ]);
    expect(made.spec?.nics).toMatchObject([{ disconnected: true }]);
    expect(made.spec?.firmware?.type).toBe(Firmware_Type.UEFI);
    expect(made).toMatchObject({ nodeId: "n1", labels: { app: "web" }, startOnCreate: false });
  });
  test("networks in the order given; an ISO boots after the disk", () => {
    const networks = ["a", "b"].map((id) => create(VirtualNetworkSchema, { id }));
    const made = request({}, { networks, isos: [create(ImageSchema, { id: "iso" })] });
    expect(made.spec?.nics.map((nic) => nic.networkId)).toEqual(["a", "b"]);
    expect(made.spec?.cdroms).toMatchObject([{ imageId: "iso", bootIndex: 2 }]);
    expect(made.spec?.provisioning).toBeUndefined();
  });
  test("the first disk holds a large image", () => {
    const large = create(ImageSchema, { status: { virtualSizeBytes: 20n * 1024n ** 3n + 1n } });
    expect(firstDiskGib(large)).toBe(21n);
    expect(firstDiskGib(image)).toBe(10n);
  });
  test("a private key is refused, comments are left out", () => {
    expect(() => keysIn("-----BEGIN OPENSSH PRIVATE KEY-----", "id")).toThrow("stays with you");
    expect(keysIn("# mine\nssh-ed25519 AAAA me\n\n", "id.pub")).toEqual(["ssh-ed25519 AAAA me"]);
  });
});

describe("vm edit", () => {
  const vm = create(VirtualMachineSchema, {
    id: "v1",
    name: "web",
    labels: { app: "web" },
    revision: 7n,
    spec: { cpu: { cores: 2, model: "host-model" }, memory: { sizeMib: 2048n }, autoStart: true },
  });
  test("flags touch only what they name, at the revision that was read", () => {
    const changes = changesFromFlags(vm, { cpu: 4, memory: 4096n, label: ["tier=db", "app-"] });
    expect(changes).toEqual({
      id: "v1",
      revision: 7n,
      labels: { tier: "db" },
      spec: { cpu: { cores: 4 }, memory: { sizeMib: 4096n } },
      updateMask: { paths: ["labels", "spec.cpu.cores", "spec.memory.size_mib"] },
    });
    expect(changesFromFlags(vm, { wait: true })).toBeUndefined();
    const limited = create(VirtualMachineSchema, { id: "v2", spec: { cpu: { cores: 2, maxCores: 2 } } });
    expect(changesFromFlags(limited, { cpu: 4 })).toMatchObject({
      spec: { cpu: { cores: 4, maxCores: 4 } },
      updateMask: { paths: ["spec.cpu.cores", "spec.cpu.max_cores"] },
    });
  });
  test("an edited text becomes a mask of the parts that differ", () => {
    const before = editable(vm);
    const after = structuredClone(before) as JsonObject & { spec: JsonObject };
    expect(changesFromEdit(vm, before, after)).toBeUndefined();
    after["description"] = "front";
    after.spec["cpu"] = { cores: 8, model: "host-model" };
    after.spec["memory"] = { sizeMib: 2048 };
    delete after.spec["autoStart"];
    expect(changesFromEdit(vm, before, after)?.updateMask).toEqual({
      paths: ["description", "spec.cpu", "spec.auto_start"],
    });
  });
  test("what cannot be changed, or is misspelt, is refused before it is sent", () => {
    expect(() => changesFromEdit(vm, editable(vm), { id: "x" })).toThrow("id: not a thing that can be changed");
    expect(() => changesFromEdit(vm, editable(vm), { spec: { cpus: 2 } })).toThrow("the spec cannot be read");
    expect(() => changesFromEdit(vm, editable(vm), null)).toThrow("no VM");
  });
});

test("vm list takes states in any case, with commas", () => {
  const asked = listRequest({ name: undefined, flags: { state: ["running,Stopped"] } }, { nodeId: "", projectId: "" });
  expect(asked.states).toEqual([VmStatus_PowerState.RUNNING, VmStatus_PowerState.STOPPED]);
  expect(() => listRequest({ name: undefined, flags: { state: ["asleep"] } }, { nodeId: "", projectId: "" })).toThrow(
    "no state of a VM",
  );
});

function mac(nic: { macAddress: string }): string {
  return nic.macAddress.toLowerCase();
}

test("a device is named by its id, its MAC address or its place", () => {
  const { nics } = fromJson(VirtualMachineSchema, {
    spec: { nics: [{ id: "n0", macAddress: "52:54:00:AA:bb:01" }, { id: "n1" }] },
  }).spec!;
  expect(["n1", "1", "52:54:00:aa:BB:01"].map((ref) => getPart(nics, ref, "nic", mac).id)).toEqual(["n1", "n1", "n0"]);
  expect(() => getPart(nics, "2", "nic", mac)).toThrow("the VM has no nic 2");
});

test("ssh keeps host keys by VM and takes no flag for a user", () => {
  const place = { vmId: "v1", address: "10.0.0.5", port: "22", user: "ada", knownHosts: "/k h" };
  const target = { ...place, identities: ["/own key"], args: ["uptime"] };
  const args = sshArguments(target);
  expect(args).toContain("HostKeyAlias=lqx-v1");
  expect(args).toContain(`IdentityFile="/own key"`);
  expect(args.slice(-4)).toEqual(["-p", "22", "ada@10.0.0.5", "uptime"]);
  expect(() => sshArguments({ ...target, user: "-oProxyCommand=x" })).toThrow("no user name");
});
