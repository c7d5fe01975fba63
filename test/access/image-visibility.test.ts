import type { Client } from "@connectrpc/connect";
import {
  fromConnectError,
  ImageService,
  ImageSpec_Visibility as Visibility,
  ProjectService,
  Reason,
  UpdateType,
  VMService,
} from "@limiquantix/api";
import { createCluster, type Cluster, type SimUser } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Where VMs of all projects are. */
const shared = ["storage.allocate", "pool.view", "network.use", "network.view"];

let cluster: Cluster;
/** Both have image.* in project a; the one uploads. */
let creator: SimUser;
let colleague: SimUser;
/** Has all in project b. */
let neighbour: SimUser;
let [a, b] = ["", ""];

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
  const projects = cluster.client(ProjectService);
  [a, b] = [(await projects.createProject({ name: "a" })).id, (await projects.createProject({ name: "b" })).id];
  [creator, colleague, neighbour] = [cluster.user("carla"), cluster.user("colin"), cluster.user("nora")];
  for (const user of [creator, colleague]) {
    await user.allow("operator", { kind: "project", id: a });
    await user.allow(shared, { kind: "root" });
  }
  await neighbour.allow("administrator", { kind: "project", id: b });
  await neighbour.allow(shared, { kind: "root" });
});

afterEach(() => cluster.stop());

test("PRIVATE: its creator, and who may edit its project, and nobody else", async () => {
  const id = await upload(Visibility.PRIVATE);
  expect(await seenBy(creator, id)).toBe("seen");
  expect(await reasonOf(images(creator).updateImage(change(id)))).toBe("");
  for (const other of [colleague, neighbour]) {
    expect(await seenBy(other, id)).toBe("hidden");
    expect(await reasonOf(images(other).updateImage(change(id)))).toBe("NOT_FOUND");
    expect(await reasonOf(images(other).deleteImage({ id }))).toBe("NOT_FOUND");
    expect(await reasonOf(images(other).getUploadOffset({ imageId: id }))).toBe("NOT_FOUND");
    expect(await use(other, id)).toBe("NOT_FOUND");
  }
  const auditor = cluster.user("olga");
  await auditor.allow("operator", { kind: "root" });
  expect(await seenBy(auditor, id)).toBe("hidden");
  const admin = cluster.user("adam");
  await admin.allow("administrator", { kind: "project", id: a });
  await admin.allow(shared, { kind: "root" });
  expect(await seenBy(admin, id)).toBe("seen");
  expect(await use(admin, id)).toBe("IMAGE_NOT_READY");
  // Shown to somebody on purpose.
  await colleague.allow("consumer", { kind: "image", id });
  expect(await seenBy(colleague, id)).toBe("seen");
});

test("PUBLIC: every project sees it and may use it; who may change it is by the grants on its own", async () => {
  const id = await upload(Visibility.PUBLIC);
  for (const user of [creator, colleague, neighbour]) {
    expect(await seenBy(user, id)).toBe("seen");
    expect(await use(user, id)).toBe("IMAGE_NOT_READY");
  }
  expect(await reasonOf(images(colleague).updateImage(change(id)))).toBe("");
  expect(await reasonOf(images(neighbour).updateImage(change(id)))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(images(neighbour).deleteImage({ id }))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(images(neighbour).getUploadOffset({ imageId: id }))).toBe("PRIVILEGE_MISSING");
  // Who may do nothing with images anywhere gets none by this.
  const guest = cluster.user("gil");
  await guest.allow(["vm.view"], { kind: "project", id: b });
  expect(await seenBy(guest, id)).toBe("hidden");
  const reader = cluster.user("rita");
  await reader.allow("read-only", { kind: "project", id: b });
  expect(await seenBy(reader, id)).toBe("seen");
  expect(await use(reader, id)).not.toBe("IMAGE_NOT_READY");
});

test("PROJECT: by the grants; and a watch follows what its visibility becomes", async () => {
  const id = await upload(Visibility.PROJECT);
  expect([await seenBy(colleague, id), await seenBy(neighbour, id)]).toEqual(["seen", "hidden"]);
  const end = new AbortController();
  const told: string[] = [];
  const watching = (async () => {
    for await (const { type, image } of images(neighbour).watchImages({}, { signal: end.signal })) {
      if (image?.id === id) told.push(UpdateType[type]);
    }
  })().catch(() => {});
  for (const visibility of [Visibility.PUBLIC, Visibility.PRIVATE]) {
    await images(creator).updateImage({ id, spec: { visibility }, updateMask: { paths: ["spec.visibility"] } });
    await cluster.settle();
  }
  await expect.poll(() => told).toEqual(["ADDED", "DELETED"]);
  end.abort();
  await watching;
  expect([await seenBy(creator, id), await seenBy(colleague, id)]).toEqual(["seen", "hidden"]);
});

function images(user: SimUser): Client<typeof ImageService> {
  return user.client(ImageService);
}

function change(id: string) {
  return { id, description: "changed", updateMask: { paths: ["description"] } };
}

async function upload(visibility: Visibility): Promise<string> {
  const { image } = await images(creator).createImage({ name: "golden", projectId: a, spec: { visibility } });
  return image?.id ?? "";
}

/** By the list and by its id alike. */
async function seenBy(user: SimUser, id: string): Promise<string> {
  const listed = (await images(user).listImages({})).images.some((image) => image.id === id);
  const got = await reasonOf(images(user).getImage({ id }));
  expect(got).toBe(listed ? "" : "NOT_FOUND");
  return listed ? "seen" : "hidden";
}

/** What making a VM of it in a project of the user's comes to. */
function use(user: SimUser, imageId: string): Promise<string> {
  const projectId = user === neighbour || user.name === "rita" ? b : a;
  const spec = { disks: [{ imageId }] };
  return reasonOf(user.client(VMService).createVM({ name: `of-${user.name}`, projectId, spec }));
}

async function reasonOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return error === undefined ? "" : (Reason[fromConnectError(error).reason] ?? "");
}
