import { create } from "@bufbuild/protobuf";
import {
  FolderSchema,
  fromConnectError,
  ImageSchema,
  ImageSpec_Format,
  ImageStatus_Phase,
  ProjectSchema,
  Reason,
  VirtualNetworkSchema,
  VMService,
  type StoragePool,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { createCluster, type Cluster, type SimUser } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folders, images, networks, pools, projects } from "../tables.ts";

let cluster: Cluster;
let ada: SimUser;
/** What belongs to nobody of the tenants. */
let foreign: { network: string; image: string; iso: string };
let mine: { network: string; image: string };

const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n } };

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  await cluster.control.db.transact((tx) => {
    for (const id of ["a", "b"]) tx.insert(projects, create(ProjectSchema, { id, name: `project-${id}` }));
  });
  ada = cluster.user("ada");
  await ada.allow("operator", { kind: "project", id: "a" });
  foreign = { network: await network("b"), image: await image("b"), iso: await image("b", ImageSpec_Format.ISO) };
  mine = { network: await network("a"), image: await image("a") };
});

afterEach(() => cluster.stop());

async function network(projectId: string): Promise<string> {
  const id = newId();
  const row = create(VirtualNetworkSchema, { id, name: `net-${projectId}`, projectId, spec: {} });
  await cluster.control.db.transact((tx) => tx.insert(networks, row));
  return id;
}

async function image(projectId: string, format = ImageSpec_Format.QCOW2): Promise<string> {
  const id = newId();
  const status = { phase: ImageStatus_Phase.READY, format, virtualSizeBytes: 1n };
  const row = create(ImageSchema, { id, name: id, projectId, spec: {}, status });
  await cluster.control.db.transact((tx) => tx.insert(images, row));
  return id;
}

function poolOf(host: number): StoragePool {
  const [pool] = cluster.control.db.by(pools, "node", cluster.host(host).nodeId);
  if (!pool) throw new Error("the host has no pool");
  return pool;
}

/** What a call fails with: its reason and message; "ok" where it does not. */
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => ["ok", ""] as const,
    (error: unknown) => {
      const { reason, message } = fromConnectError(error);
      return [Reason[reason], message] as const;
    },
  );
const reasonOf = async (call: Promise<unknown>) => (await outcome(call))[0];

const asked = (more: object = {}) => ({
  name: "web",
  projectId: "a",
  spec: { ...spec, disks: [{ sizeGib: 1n }], nics: [{ networkId: mine.network }], ...more },
});

test("a tenant is put on a host that they may not view, into a pool that they may use, and onto no other", async () => {
  const client = ada.client(VMService);
  const [reason, message] = await outcome(client.createVM(asked()));
  expect([reason, message]).toEqual(["NO_HOST_FITS", expect.stringContaining("2 by storage")]);
  await ada.allow("consumer", { kind: "pool", id: poolOf(1).id });
  const { vm } = await client.createVM(asked());
  expect(vm?.status?.nodeId).toBe(cluster.host(1).nodeId);
  expect(vm?.spec?.disks[0]?.storagePoolId).toBe(poolOf(1).id);
  await cluster.settle();

  const id = vm?.id ?? "";
  const elsewhere = { disks: [{ sizeGib: 1n, storagePoolId: poolOf(0).id }] };
  const missing = { disks: [{ sizeGib: 1n, storagePoolId: newId() }] };
  expect(await reasonOf(client.createVM({ ...asked(elsewhere), name: "x" }))).toBe("INVALID_REQUEST");
  expect(await reasonOf(client.createVM({ ...asked(missing), name: "x" }))).toBe("INVALID_REQUEST");
  await ada.allow(["pool.view"], { kind: "pool", id: poolOf(0).id });
  expect(await reasonOf(client.createVM({ ...asked(elsewhere), name: "x", dryRun: true }))).toBe("PRIVILEGE_MISSING");

  // What it has it keeps when the grant is gone; more it does not get.
  const bob = cluster.user("bob");
  await bob.allow("operator", { kind: "project", id: "a" });
  const bobs = bob.client(VMService);
  expect(await reasonOf(bobs.attachDisk({ vmId: id, disk: { sizeGib: 1n }, dryRun: true }))).toBe("PRIVILEGE_MISSING");
  const diskId = vm?.spec?.disks[0]?.id ?? "";
  expect(await reasonOf(bobs.resizeDisk({ vmId: id, diskId, newSizeGib: 2n }))).toBe("NOT_FOUND");
  const paths = { paths: ["spec.cpu.cores"] };
  expect(await reasonOf(bobs.updateVM({ id, spec: { cpu: { cores: 2 } }, updateMask: paths }))).toBe("ok");
  expect(await reasonOf(client.resizeDisk({ vmId: id, diskId, newSizeGib: 2n }))).toBe("ok");
});

test("networks and images of others are not there; those that one may only see cannot be used", async () => {
  await ada.allow("consumer", { kind: "pool", id: poolOf(0).id });
  const client = ada.client(VMService);
  const { vm } = await client.createVM(asked({ cdroms: [{ id: "cd" }] }));
  await cluster.settle();
  const vmId = vm?.id ?? "";
  const told = async (id: string, call: Promise<unknown>) => {
    const [reason, message] = await outcome(call);
    return [reason, message.replaceAll(id, "…")];
  };
  const attach = (networkId: string) => client.attachNIC({ vmId, nic: { networkId }, dryRun: true });
  const missing = newId();
  expect(await told(foreign.network, attach(foreign.network))).toEqual(await told(missing, attach(missing)));
  const mount = (imageId: string) => client.mountISO({ vmId, cdromId: "cd", imageId });
  expect(await told(foreign.iso, mount(foreign.iso))).toEqual(await told(missing, mount(missing)));
  const disk = (imageId: string) => client.createVM({ ...asked({ disks: [{ imageId, sizeGib: 1n }] }), name: "x" });
  expect(await told(foreign.image, disk(foreign.image))).toEqual(await told(missing, disk(missing)));

  await ada.allow("read-only", { kind: "project", id: "b" });
  expect(await reasonOf(attach(foreign.network))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(mount(foreign.iso))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(disk(foreign.image))).toBe("PRIVILEGE_MISSING");
  await ada.allow("consumer", { kind: "project", id: "b" });
  expect(await reasonOf(attach(foreign.network))).toBe("ok");
  expect(
    await reasonOf(client.createVM({ ...asked({ disks: [{ imageId: mine.image }] }), name: "x", dryRun: true })),
  ).toBe("ok");
});

test("an interface that names no network gets the default one only where the caller may use it", async () => {
  await ada.allow("consumer", { kind: "pool", id: poolOf(0).id });
  const client = ada.client(VMService);
  const request = { name: "web", projectId: "a", spec, dryRun: true };
  expect((await outcome(client.createVM(request)))[1]).toContain("there is no default network; name one");
  await ada.allow("consumer", { kind: "project", id: "default" });
  const { vm } = await client.createVM(request);
  const nic = vm?.spec?.nics[0]?.networkId ?? "";
  expect(cluster.control.db.get(networks, nic).name).toBe("default");
});

test("where a VM goes: a folder of its own project, where the caller may put VMs; projects by name, stored by id", async () => {
  const [inA, inB] = [newId(), newId()];
  await cluster.control.db.transact((tx) => {
    tx.insert(folders, create(FolderSchema, { id: inA, name: "in-a", projectId: "a" }));
    tx.insert(folders, create(FolderSchema, { id: inB, name: "in-b", projectId: "b" }));
  });
  await ada.allow("consumer", { kind: "pool", id: poolOf(0).id });
  const client = ada.client(VMService);
  const request = (more: object) => client.createVM({ ...asked(), ...more, dryRun: true });
  expect((await request({ projectId: "project-a" })).vm).toMatchObject({ projectId: "a", folderId: "" });
  expect((await request({ projectId: "", folderId: inA })).vm).toMatchObject({ projectId: "a", folderId: inA });
  expect(await reasonOf(request({ projectId: "a", folderId: inB }))).toBe("NOT_FOUND");
  expect(await reasonOf(request({ projectId: "b" }))).toBe("NOT_FOUND");
  expect(await reasonOf(request({ projectId: "no-such" }))).toBe("NOT_FOUND");
  const admin = cluster.client(VMService);
  expect(await reasonOf(admin.createVM({ ...asked(), folderId: inB }))).toBe("INVALID_REQUEST");
  expect(await reasonOf(admin.createVM({ ...asked(), projectId: "no-such" }))).toBe("NOT_FOUND");
  const { vm } = await admin.createVM({ ...asked(), name: "other" });
  const move = (folderId: string) =>
    admin.updateVM({ id: vm?.id ?? "", folderId, updateMask: { paths: ["folder_id"] } });
  expect(await reasonOf(move(inB))).toBe("INVALID_REQUEST");
  expect(await reasonOf(move(newId()))).toBe("NOT_FOUND");
  expect((await move(inA)).vm?.folderId).toBe(inA);
});

test("hosts that one may not view have no name, no id and no figures; naming one is naming none", async () => {
  await ada.allow("consumer", { kind: "pool", id: poolOf(0).id });
  const client = ada.client(VMService);
  const host = cluster.host(0);
  const big = { projectId: "a", spec: { ...spec, cpu: { cores: 500 } } };
  const { hosts, chosenNodeId } = await client.whyNot(big);
  expect(chosenNodeId).toBe("");
  expect(hosts.map(({ nodeId, hostname, score }) => [nodeId, hostname, score])).toEqual([
    ["", "host 1", 0],
    ["", "host 2", 0],
  ]);
  expect(JSON.stringify(hosts.map(({ objections }) => objections))).not.toMatch(/host-\d|vCPU/);
  const [reason, message] = await outcome(client.createVM({ ...asked({ cpu: { cores: 500 } }) }));
  expect(reason).toBe("NO_HOST_FITS");
  expect(message).not.toContain("host-");

  for (const nodeId of [host.nodeId, host.name, "no-such-host"]) {
    expect(await reasonOf(client.createVM({ ...asked(), nodeId }))).toBe("NOT_FOUND");
    expect(await reasonOf(client.whyNot({ projectId: "a", spec, nodeId }))).toBe("NOT_FOUND");
  }
  const wanting = (requiredNodes: string[]) => client.createVM(asked({ placement: { requiredNodes } }));
  expect(await reasonOf(wanting([host.name]))).toBe("NO_HOST_FITS");
  await ada.allow("read-only", { kind: "node", id: host.nodeId });
  expect((await client.whyNot(big)).hosts.map(({ hostname }) => hostname).toSorted()).toEqual(["host 1", host.name]);
  expect(await reasonOf(client.createVM({ ...asked(), nodeId: host.name, dryRun: true }))).toBe("ok");
});

test("whose a MAC address is, is for who may see that VM", async () => {
  const { vm } = await cluster.client(VMService).createVM({ name: "secret", projectId: "b", spec });
  await ada.allow("consumer", { kind: "pool", id: poolOf(0).id });
  const macAddress = vm?.spec?.nics[0]?.macAddress ?? "";
  const nics = [{ networkId: mine.network, macAddress }];
  const [reason, message] = await outcome(ada.client(VMService).createVM(asked({ nics })));
  expect(reason).toBe("INVALID_REQUEST");
  expect(message).toContain("belongs to another VM");
});
