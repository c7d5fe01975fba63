import { FolderService, fromConnectError, isProblem, Reason, type FolderTree } from "@limiquantix/api";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root, TreeWorld } from "../../test/tree-world.ts";
import { grants } from "../identity/tables.ts";
import { folders, vms } from "../tables.ts";
import { deepestFolder } from "./folder.ts";

let world: TreeWorld;
let admin: string;
beforeEach(async () => {
  world = await TreeWorld.create();
  admin = await world.administrator();
});
afterEach(() => world[Symbol.asyncDispose]());

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => {
    const problem = isProblem(error) ? error : fromConnectError(error);
    return `${Reason[problem.reason]}: ${problem.message}`;
  });
}

/** "a(b(c) d)" */
function drawn({ children }: FolderTree): string {
  return children
    .map((child) => `${child.folder?.name}${child.children.length > 0 ? `(${drawn(child)})` : ""}`)
    .join(" ");
}

test("folders are made, renamed and moved within their project", async () => {
  const service = world.as(FolderService, admin);
  const web = await world.project("web");
  const a = await service.createFolder({ name: "a", projectId: "web" });
  const b = await service.createFolder({ name: "b", parentId: a.id });
  expect([a.projectId, b.projectId, b.parentId]).toEqual([web, web, a.id]);
  const other = await service.createFolder({ name: "a" });
  expect(other.projectId).toBe("default");

  expect(await refusal(service.createFolder({ name: "b", parentId: a.id }))).toBe(
    "NAME_TAKEN: a folder named b exists already",
  );
  expect(await refusal(service.createFolder({ name: "c", parentId: a.id, projectId: "default" }))).toMatch(
    /^INVALID_REQUEST: projectId/,
  );
  const moved = await service.updateFolder({ id: b.id, parentId: "", name: "b2", revision: b.revision });
  expect(moved).toMatchObject({ parentId: "", name: "b2", projectId: web });
  expect(await refusal(service.updateFolder({ id: b.id, name: "x", revision: b.revision }))).toMatch(/^REVISION_CONFL/);
  expect(await refusal(service.updateFolder({ id: b.id, parentId: other.id }))).toMatch(/another project/);
  expect(await refusal(service.updateFolder({ id: b.id, name: "a" }))).toMatch(/^NAME_TAKEN/);
  expect(await refusal(service.updateFolder({ id: a.id, parentId: a.id }))).toMatch(/itself, or below it/);
  await service.updateFolder({ id: b.id, parentId: a.id });
  expect(await refusal(service.updateFolder({ id: a.id, parentId: b.id }))).toMatch(/itself, or below it/);
});

test("folders go no deeper than the deepest level, made or moved", async () => {
  const service = world.as(FolderService, admin);
  let parentId = "";
  for (let depth = 1; depth <= deepestFolder; depth++) {
    parentId = (await service.createFolder({ name: `f${depth}`, parentId })).id;
  }
  expect(await refusal(service.createFolder({ name: "too deep", parentId }))).toMatch(/^INVALID_REQUEST.*32 deep/);
  const top = await service.createFolder({ name: "top" });
  await service.createFolder({ name: "child", parentId: top.id });
  const above = world.db.get(folders, parentId).parentId;
  expect(await refusal(service.updateFolder({ id: top.id, parentId: above }))).toMatch(/32 deep/);
});

test("two moves at once make no circle", async () => {
  const service = world.as(FolderService, admin);
  for (let i = 0; i < 20; i++) {
    const [a, b] = [await world.folder(`a${i}`), await world.folder(`b${i}`)];
    await Promise.all([
      refusal(service.updateFolder({ id: a, parentId: b })),
      refusal(service.updateFolder({ id: b, parentId: a })),
    ]);
    const parents = [world.db.get(folders, a).parentId, world.db.get(folders, b).parentId];
    expect(parents.filter((parent) => parent === "")).toHaveLength(1);
  }
});

test("a move needs the right at both ends, and gives no hint of a hidden one", async () => {
  const ann = await world.user("ann");
  const [mine, theirs] = [await world.folder("mine"), await world.folder("theirs")];
  const child = await world.folder("child", { parentId: mine });
  await world.grant({ userId: ann }, "operator", { kind: "folder", id: mine });
  const service = world.as(FolderService, ann);
  expect(await refusal(service.updateFolder({ id: child, parentId: theirs }))).toMatch(/^NOT_FOUND/);
  expect(await refusal(service.updateFolder({ id: child, parentId: "" }))).toMatch(/^NOT_FOUND: .*project default/);
  await world.grant({ userId: ann }, "read-only", { kind: "folder", id: theirs });
  expect(await refusal(service.updateFolder({ id: child, parentId: theirs }))).toMatch(/^PRIVILEGE_MISSING/);
  await world.grant({ userId: ann }, "operator", { kind: "folder", id: theirs });
  expect((await service.updateFolder({ id: child, parentId: theirs })).parentId).toBe(theirs);
});

test("a folder with something in it is deleted only with force, and all in it moves at once", async () => {
  const service = world.as(FolderService, admin);
  const [top, to] = [await world.folder("top"), await world.folder("to")];
  const folder = await world.folder("full", { parentId: top });
  const inner = await world.folder("inner", { parentId: folder });
  const placed = [await world.vm("v1", { folderId: folder }), await world.vm("v2", { folderId: folder })];
  await world.grant({ userId: await world.user("ann") }, "vm-user", { kind: "folder", id: folder });
  expect(await refusal(service.deleteFolder({ id: folder }))).toBe(
    "NOT_EMPTY: folder full is not empty: 2 VMs, 1 folder",
  );
  expect(await refusal(service.deleteFolder({ id: folder, force: true, moveVmsTo: inner }))).toMatch(/below it/);
  await service.deleteFolder({ id: folder, force: true, moveVmsTo: to });
  expect(placed.map((id) => world.db.get(vms, id).folderId)).toEqual([to, to]);
  expect(world.db.get(folders, inner).parentId).toBe(to);
  expect(world.db.find(folders, folder)).toBeUndefined();
  expect(world.db.by(grants, "object", `folder/${folder}`)).toEqual([]);
  await service.deleteFolder({ id: to, force: true });
  expect(placed.map((id) => world.db.get(vms, id).folderId)).toEqual(["", ""]);
  // One of the folder's own name may take its place.
  const twin = await world.folder("top", { parentId: top });
  await service.deleteFolder({ id: top, force: true });
  expect(world.db.get(folders, twin).parentId).toBe("");
});

test("the tree shows what one may see, and at the top what hangs below what one may not", async () => {
  const ann = await world.user("ann");
  const a = await world.folder("a");
  const b = await world.folder("b", { parentId: a });
  const c = await world.folder("c", { parentId: b });
  await world.folder("d", { parentId: c });
  await world.folder("e", { parentId: a });
  expect(drawn(await world.as(FolderService, admin).getFolderTree({}))).toBe("a(b(c(d)) e)");
  expect(drawn(await world.as(FolderService, admin).getFolderTree({ depth: 2 }))).toBe("a(b e)");
  expect(drawn(await world.as(FolderService, admin).getFolderTree({ rootId: b }))).toBe("c(d)");
  await world.grant({ userId: ann }, "read-only", { kind: "folder", id: c });
  const service = world.as(FolderService, ann);
  expect(drawn(await service.getFolderTree({}))).toBe("c(d)");
  expect(await refusal(service.getFolderTree({ rootId: b }))).toMatch(/^NOT_FOUND/);
  expect((await service.listFolders({})).folders.map(({ name }) => name).toSorted()).toEqual(["c", "d"]);
  expect(drawn(await service.getFolderTree({ projectId: "there is none" }))).toBe("");
  await world.grant({ userId: ann }, "read-only", root);
  expect((await service.listFolders({ parentId: a })).folders.map(({ name }) => name).toSorted()).toEqual(["b", "e"]);
});

test("whatever is moved and deleted, the folders stay trees", async () => {
  const step = fc.record({ from: fc.nat(5), to: fc.nat(6), drop: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await using own = await TreeWorld.create();
      const service = own.as(FolderService, await own.administrator());
      const ids = ["", ...(await Promise.all([0, 1, 2, 3, 4, 5].map((i) => own.folder(`f${i}`))))];
      for (const { from, to, drop } of steps) {
        const [id, parentId] = [ids[from + 1]!, ids[to]!];
        if (!own.db.find(folders, id)) continue;
        await refusal(drop ? service.deleteFolder({ id, force: true }) : service.updateFolder({ id, parentId }));
      }
      for (const folder of own.db.all(folders)) {
        const path = own.inventory.pathOf("folder", folder);
        expect(new Set(path).size).toBe(path.length);
        for (const key of path.filter((one) => one.startsWith("folder/"))) {
          expect(own.db.find(folders, key.slice("folder/".length))).toBeDefined();
        }
      }
    }),
    { numRuns: 60 },
  );
});
