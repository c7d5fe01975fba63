import { createClient, type Client } from "@connectrpc/connect";
import {
  ImageRequirements_Firmware,
  fromConnectError,
  ImageService,
  ImageSpec_Format,
  ImageStatus_Phase as Phase,
  Reason,
  Task_State,
  TaskService,
  VMService,
  type ImageTaskResponse,
} from "@limiquantix/api";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pools } from "../tables.ts";

const file = Uint8Array.from({ length: 2 * 1024 * 1024 }, (_, i) => (i * 7) % 251);
const digest = bytesToHex(sha256(file));
const url = "https://images.example/disk.raw";

let cluster: Cluster;
let images: Client<typeof ImageService>;
let tasks: Client<typeof TaskService>;
/** What a fetch waits for; a test may hold it. */
let gate: Promise<void>;

beforeEach(async () => {
  gate = Promise.resolve();
  cluster = await createCluster({
    nodes: 2,
    fetch: async () => {
      await gate;
      return { totalBytes: file.length, chunks: chunksOf(0) };
    },
  });
  images = createClient(ImageService, cluster.control.transport);
  tasks = createClient(TaskService, cluster.control.transport);
});

afterEach(() => cluster.stop());

async function* chunksOf(offset: number, end = file.length) {
  for (let at = offset; at < end; at += 256 * 1024) yield file.subarray(at, Math.min(at + 256 * 1024, end));
}

async function* upload(imageId: string, offset = 0, end = file.length) {
  yield { part: { case: "header" as const, value: { imageId, offset: BigInt(offset) } } };
  for await (const value of chunksOf(offset, end)) yield { part: { case: "chunk" as const, value } };
}

function idOf(response: ImageTaskResponse): string {
  return response.image?.id ?? "";
}

const taskOf = async (response: ImageTaskResponse) => tasks.getTask({ id: response.task?.id ?? "" });
const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );

test("an upload becomes an image, with what was found in it", async () => {
  const created = await images.createImage({ name: "disk", spec: { source: { sha256: digest } } });
  const id = idOf(created);
  expect(created.image?.status?.phase).toBe(Phase.PENDING);
  await images.uploadImage(upload(id));
  const image = await images.getImage({ id });
  expect(image.status).toMatchObject({
    phase: Phase.READY,
    progressPercent: 100,
    format: ImageSpec_Format.RAW,
    sizeBytes: BigInt(file.length),
    sha256: digest,
  });
  expect(image.status?.copies).toHaveLength(1);
  expect((await taskOf(created)).state).toBe(Task_State.SUCCEEDED);
  expect(await reasonOf(images.uploadImage(upload(id)))).toBe("IMAGE_NOT_READY");
});

test("an upload that broke goes on where it was", async () => {
  const id = idOf(await images.createImage({ name: "disk", spec: { source: { sizeBytes: BigInt(file.length) } } }));
  async function* breaking() {
    yield* upload(id, 0, 1024 * 1024);
    throw new Error("the cable was pulled");
  }
  expect(await reasonOf(images.uploadImage(breaking()))).not.toBe("ok");
  await cluster.settle();
  const { offset } = await images.getUploadOffset({ imageId: id });
  expect(Number(offset)).toBeLessThanOrEqual(1024 * 1024);
  expect((await images.getImage({ id })).status?.phase).toBe(Phase.DOWNLOADING);
  if (offset > 0n) expect(await reasonOf(images.uploadImage(upload(id, 0)))).toBe("IMAGE_UPLOAD_INCOMPLETE");
  await images.uploadImage(upload(id, Number((await images.getUploadOffset({ imageId: id })).offset)));
  expect((await images.getImage({ id })).status).toMatchObject({ phase: Phase.READY, sha256: digest });
});

test("a file with another checksum is refused, and the image says why", async () => {
  const created = await images.createImage({ name: "disk", spec: { source: { sha256: "0".repeat(64) } } });
  expect(await reasonOf(images.uploadImage(upload(idOf(created))))).toBe("IMAGE_CHECKSUM_MISMATCH");
  const { status } = await images.getImage({ id: idOf(created) });
  expect(status).toMatchObject({ phase: Phase.ERROR, errorMessage: expect.stringContaining(digest) as string });
  expect((await taskOf(created)).error?.reason).toBe(Reason.IMAGE_CHECKSUM_MISMATCH);
});

test("an import fetches by URL and checks; a wrong checksum fails it for good", async () => {
  const good = await images.importImage({ name: "good", url, checksum: digest });
  const bad = await images.importImage({ name: "bad", url, checksum: "1".repeat(64) });
  await cluster.settle();
  expect((await images.getImage({ id: idOf(good) })).status).toMatchObject({ phase: Phase.READY, sha256: digest });
  expect((await taskOf(good)).state).toBe(Task_State.SUCCEEDED);
  expect((await taskOf(bad)).error?.reason).toBe(Reason.IMAGE_CHECKSUM_MISMATCH);
  expect((await images.listImages({})).images.map((image) => image.name)).toEqual(["good", "bad"]);
});

test("a URL with credentials is refused: it would stay in the image, for all who see it", async () => {
  for (const address of [
    "https://ann:secret@mirror/x.img",
    "https://ann@mirror/x.img",
    "http:ann:secret@mirror/x.img",
  ]) {
    const refused = await images.importImage({ name: "x", url: address }).catch(fromConnectError);
    expect(refused).toMatchObject({ reason: Reason.INVALID_REQUEST, fields: [{ field: "url" }] });
  }
});

test("an import waits while no host can be reached, and says so", async () => {
  for (const host of cluster.hosts) host.cutNetwork();
  await cluster.clock.advance(60_000);
  const imported = await images.importImage({ name: "disk", url });
  await cluster.clock.advance(5000);
  const waiting = await taskOf(imported);
  expect(waiting.state).toBe(Task_State.RUNNING);
  expect(waiting.steps[0]?.message).toContain("waiting: ");
  for (const host of cluster.hosts) host.healNetwork();
  await cluster.until(async () => (await taskOf(imported)).state === Task_State.SUCCEEDED);
});

/** A file of another format: a simulated host tells it by its first bytes. */
function foreign(magic: string, at = 0): Uint8Array {
  const content = file.slice();
  content.set(new TextEncoder().encode(magic), at);
  return content;
}

async function* whole(imageId: string, content: Uint8Array) {
  yield { part: { case: "header" as const, value: { imageId, offset: 0n } } };
  yield { part: { case: "chunk" as const, value: content } };
}

test("a file of another format is converted once it has come, and tells how far that is", async () => {
  const source = { sizeBytes: BigInt(file.length) };
  const created = await images.createImage({ name: "disk", spec: { source } });
  const id = idOf(created);
  const sent = await images.uploadImage(whole(id, foreign("KDMV")));
  expect(sent.status).toMatchObject({ phase: Phase.CONVERTING, originalFormat: ImageSpec_Format.VMDK });
  expect((await images.getUploadOffset({ imageId: id })).offset).toBe(BigInt(file.length));
  expect(await reasonOf(images.uploadImage(whole(id, file)))).toBe("IMAGE_NOT_READY");
  await cluster.settle();
  const { status } = await images.getImage({ id });
  expect(status).toMatchObject({
    phase: Phase.READY,
    format: ImageSpec_Format.QCOW2,
    originalFormat: ImageSpec_Format.VMDK,
  });
  const task = await taskOf(created);
  expect(task.state).toBe(Task_State.SUCCEEDED);
  expect(task.steps.map((step) => step.name)).toEqual(["transfer", "convert"]);
});

test("what an OVA tells of its machine is noted in the image, unless somebody said otherwise", async () => {
  const first = idOf(await images.createImage({ name: "web" }));
  await images.uploadImage(whole(first, foreign("ustar", 257)));
  const second = idOf(
    await images.createImage({ name: "db", spec: { os: { family: "linux", distribution: "alpine" } } }),
  );
  await images.uploadImage(whole(second, foreign("ustar", 257)));
  await cluster.settle();
  expect((await images.getImage({ id: first })).spec).toMatchObject({
    os: { family: "linux", distribution: "debian", version: "12", architecture: "x86_64" },
    requirements: { minMemoryMib: 2048n, cpuCores: 2, firmware: ImageRequirements_Firmware.UEFI },
  });
  expect((await images.getImage({ id: second })).spec?.os?.distribution).toBe("alpine");
});

/** An image that is being converted, slowly. */
async function converting(name: string): Promise<ImageTaskResponse> {
  const created = await images.createImage({ name });
  for (const { host } of cluster.hosts) host.faults.latencyMs = 2000;
  const upload = images.uploadImage(whole(idOf(created), foreign("vhdxfile")));
  const status = async () => (await images.getImage({ id: idOf(created) })).status;
  await cluster.until(async () => (await status())?.phase === Phase.CONVERTING);
  await upload;
  await cluster.until(async () => ((await status())?.progressPercent ?? 0) > 0);
  expect((await status())?.phase).toBe(Phase.CONVERTING);
  return created;
}

test("a conversion that is cancelled leaves nothing behind", async () => {
  const cancelled = await converting("cancelled");
  await tasks.cancelTask({ id: cancelled.task?.id ?? "" });
  await cluster.settle();
  expect((await taskOf(cancelled)).state).toBe(Task_State.CANCELLED);
  expect(await reasonOf(images.getImage({ id: idOf(cancelled) }))).toBe("NOT_FOUND");
  expect(cluster.hosts.flatMap(({ host }) => [...host.received.keys(), ...host.images.keys()])).toEqual([]);
});

test.each([
  ["begins anew after its daemon was killed", false, Phase.READY],
  ["fails where its host has lost the file", true, Phase.ERROR],
])("a conversion %s", async (_, isLost, phase) => {
  const created = await converting("disk");
  for (const host of cluster.hosts) {
    host.killDaemon();
    host.host.faults.latencyMs = 0;
    if (isLost) host.host.received.clear();
  }
  await cluster.clock.advance(5000);
  await Promise.all(cluster.hosts.map((host) => host.startDaemon()));
  await cluster.until(async () => (await images.getImage({ id: idOf(created) })).status?.phase === phase);
  expect((await taskOf(created)).error?.reason).toBe(isLost ? Reason.IMAGE_TRUNCATED : undefined);
});

test("a cancelled import leaves nothing behind", async () => {
  const release = Promise.withResolvers<void>();
  gate = release.promise;
  const imported = await images.importImage({ name: "disk", url });
  await cluster.until(async () => (await images.getImage({ id: idOf(imported) })).status?.phase === Phase.DOWNLOADING);
  await tasks.cancelTask({ id: imported.task?.id ?? "" });
  release.resolve();
  await cluster.settle();
  expect((await taskOf(imported)).state).toBe(Task_State.CANCELLED);
  expect(await reasonOf(images.getImage({ id: idOf(imported) }))).toBe("NOT_FOUND");
  expect(cluster.hosts.flatMap(({ host }) => [...host.images.keys()])).toEqual([]);
});

test("an image is copied to the host that needs it, stays while a VM uses it, and is deleted everywhere", async () => {
  const id = idOf(await images.createImage({ name: "disk" }));
  await images.uploadImage(upload(id));
  const vms = createClient(VMService, cluster.control.transport);
  const made = await Promise.all(
    cluster.hosts.map(({ nodeId, name }) =>
      vms.createVM({
        name,
        nodeId,
        spec: { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ imageId: id, sizeGib: 1n }] },
      }),
    ),
  );
  await cluster.settle();
  expect((await images.getImage({ id })).status?.copies).toHaveLength(2);
  expect(cluster.hosts.map(({ host }) => [...host.images.keys()])).toEqual([[id], [id]]);
  expect(await reasonOf(images.deleteImage({ id }))).toBe("IMAGE_IN_USE");
  for (const { vm } of made) await vms.deleteVM({ id: vm?.id ?? "", force: true, keepFor: {} });
  await cluster.settle();
  const deleted = await images.deleteImage({ id });
  expect(deleted.image?.status?.phase).toBe(Phase.DELETING);
  await cluster.settle();
  expect((await taskOf(deleted)).state).toBe(Task_State.SUCCEEDED);
  expect(await reasonOf(images.getImage({ id }))).toBe("NOT_FOUND");
  expect(cluster.hosts.flatMap(({ host }) => [...host.images.keys()])).toEqual([]);
});

test("what only its publisher may hand out is not fetched; the catalogue says how one gets it", async () => {
  const refused = await images.downloadImage({ catalogId: "windows-11" }).catch(fromConnectError);
  expect(refused).toMatchObject({
    reason: Reason.UNSUPPORTED,
    message: expect.stringContaining("upload it") as string,
  });
});

test("an image is described anew, at the revision that is meant", async () => {
  const { image } = await images.createImage({ name: "disk", labels: { a: "1" } });
  const change = { id: image?.id ?? "", description: "new", updateMask: { paths: ["description"] } };
  const updated = await images.updateImage({ ...change, revision: image?.revision ?? 0n });
  expect(updated.image).toMatchObject({ description: "new", labels: { a: "1" } });
  expect(updated.image?.revision).toBeGreaterThan(image?.revision ?? 0n);
  expect(await reasonOf(images.updateImage({ ...change, revision: image?.revision ?? 0n }))).toBe("REVISION_CONFLICT");
  expect(await reasonOf(images.updateImage({ ...change, updateMask: { paths: ["name"] } }))).toBe("INVALID_REQUEST");
  expect(await reasonOf(images.createImage({ name: "disk" }))).toBe("NAME_TAKEN");
});

test("an image gets another name, which none in its project has", async () => {
  const { image } = await images.createImage({ name: "old" });
  await images.createImage({ name: "other" });
  const rename = (name: string) =>
    images.updateImage({ id: image?.id ?? "", name, updateMask: { paths: ["name"] } }).catch(fromConnectError);
  expect(await rename("new")).toMatchObject({ image: { id: image?.id, name: "new" } });
  // The same again is no conflict with itself.
  expect(await rename("new")).toMatchObject({ image: { name: "new" } });
  expect(await rename("other")).toMatchObject({
    reason: Reason.NAME_TAKEN,
    message: expect.stringContaining("image named other"),
    fields: [{ field: "name", message: "is taken" }],
  });
  expect(await rename("")).toMatchObject({ reason: Reason.INVALID_REQUEST, fields: [{ field: "name" }] });
  expect(await rename(" no ")).toMatchObject({ reason: Reason.INVALID_REQUEST, fields: [{ field: "name" }] });
  expect(await reasonOf(images.createImage({ name: "old" }))).toBe("ok");
});

test("who may use some storage pools only gets images into those; who may use none gets none", async () => {
  const ada = cluster.user("ada");
  await ada.allow("operator", { kind: "project", id: "default" });
  const api = ada.client(ImageService);
  const [first, second] = [poolOf(0), poolOf(1)];
  expect(await reasonOf(api.createImage({ name: "a", spec: {} }))).toBe("ok");
  await cluster.control.db.transact((tx) => {
    for (const id of [first, second]) tx.update(pools, id, (pool) => void (pool.projectId = "elsewhere"));
  });
  expect(await reasonOf(api.createImage({ name: "b", spec: {} }))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(api.importImage({ name: "b", url, storagePoolId: first, dryRun: true }))).toBe("NOT_FOUND");
  await ada.allow(["pool.view"], { kind: "pool", id: first });
  expect(await reasonOf(api.importImage({ name: "b", url, storagePoolId: first }))).toBe("PRIVILEGE_MISSING");
  await ada.allow("consumer", { kind: "pool", id: second });
  const { image } = await api.importImage({ name: "b", url });
  expect(image?.spec?.storagePoolId).toBe(second);
  await cluster.settle();
  expect((await api.getImage({ id: image?.id ?? "" })).status).toMatchObject({
    phase: Phase.READY,
    storagePoolId: second,
  });
  expect(await reasonOf(api.createImage({ name: "c", projectId: "no-such", spec: {} }))).toBe("NOT_FOUND");
  expect(await reasonOf(images.createImage({ name: "c", projectId: "no-such", spec: {} }))).toBe("NOT_FOUND");
});

test("an image is shown to who may see it, and its users are named to who may see them", async () => {
  const made = await images.createImage({ name: "disk", spec: {} });
  const id = idOf(made);
  await images.uploadImage(upload(id));
  await cluster.client(VMService).createVM({ name: "secret", spec: { disks: [{ imageId: id }] } });
  await cluster.settle();
  const ada = cluster.user("ada");
  const api = ada.client(ImageService);
  expect(await api.listImages({})).toMatchObject({ images: [], totalCount: 0 });
  await ada.allow(["image.*"], { kind: "image", id });
  expect((await api.listImages({})).images.map((image) => image.id)).toEqual([id]);
  const refusal = () =>
    api.deleteImage({ id }).then(
      () => "ok",
      (error: unknown) => fromConnectError(error).params.vms,
    );
  expect(await refusal()).toContain("not shown to you");
  await ada.allow("read-only", { kind: "project", id: "default" });
  expect(await refusal()).toContain("secret");
});

function poolOf(host: number): string {
  return cluster.control.db.by(pools, "node", cluster.host(host).nodeId)[0]?.id ?? "";
}
