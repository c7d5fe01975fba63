import { isProblem, Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { root, TreeWorld, type Ref } from "../../test/tree-world.ts";
import { groups, roles } from "../identity/tables.ts";
import { folders, nodes, vms } from "../tables.ts";
import type { UserAccess } from "./access.ts";

/** What `require` throws: the reason's name, or "allowed". */
function verdict(access: UserAccess, privilege: Parameters<UserAccess["require"]>[0], ref: Ref): string {
  try {
    access.require(privilege, ref);
    return "allowed";
  } catch (error) {
    return isProblem(error) ? (Reason[error.reason] ?? "") : String(error);
  }
}

const vm = (id: string): Ref => ({ kind: "vm", id });

test("what is hidden answers as what there is not, by id and by name", async () => {
  await using world = await TreeWorld.create();
  const userId = await world.user("u");
  const hidden = await world.vm("secret");
  const access = world.access(userId);
  const message = (ref: Ref) => {
    try {
      access.require("vm.power", ref);
      return "";
    } catch (error) {
      return String(error).replace(ref.id, "ID");
    }
  };
  expect(message(vm(hidden))).toBe(message(vm(newId())));
  expect(message(vm("secret"))).toBe(message(vm("absent")));
  await world.grant({ userId }, "read-only", vm(hidden));
  expect(verdict(access, "vm.power", vm(hidden))).toBe("PRIVILEGE_MISSING");
  expect(verdict(access, "vm.view", vm("secret"))).toBe("allowed");
});

test("a grant on the root is no hint of it to who may not see it", async () => {
  await using world = await TreeWorld.create();
  const admin = await world.administrator();
  const grant = await world.grant({ userId: admin }, "auditor", root);
  const access = world.access(await world.user("u"));
  expect(verdict(access, "grant.manage", { kind: "grant", id: grant })).toBe("NOT_FOUND");
  expect(verdict(access, "grant.manage", { kind: "grant", id: newId() })).toBe("NOT_FOUND");
  expect(verdict(access, "role.manage", root)).toBe("PRIVILEGE_MISSING");
});

test("a token does no more than its scope, of what its user may", async () => {
  await using world = await TreeWorld.create();
  const userId = await world.administrator();
  const projectId = await world.project("web");
  const [inside, outside] = [await world.vm("in", { projectId }), await world.vm("out")];
  const scope = { privileges: ["vm.*"], objects: [{ kind: "project", id: projectId }] };
  const access = world.access(userId, scope);
  expect(verdict(access, "vm.power", vm(inside))).toBe("allowed");
  expect(verdict(access, "vm.power", vm(outside))).toBe("NOT_FOUND");
  expect(verdict(access, "project.edit", { kind: "project", id: projectId })).toBe("NOT_FOUND");
  expect(access.everywhere("vm.power")).toBe(false);
  expect(world.access(userId, { privileges: [], objects: [root] }).everywhere("vm.power")).toBe(true);
  expect(world.access(userId, { privileges: ["vm.view"], objects: [] }).everywhere("vm.power")).toBe(false);
});

test("a grant for this object only reaches nothing below it", async () => {
  await using world = await TreeWorld.create();
  const userId = await world.user("u");
  const folderId = await world.folder("f");
  const below = await world.vm("v", { folderId });
  await world.grant({ userId }, "operator", { kind: "folder", id: folderId }, { thisObjectOnly: true });
  const access = world.access(userId);
  expect(verdict(access, "folder.manage", { kind: "folder", id: folderId })).toBe("allowed");
  expect(verdict(access, "vm.power", vm(below))).toBe("NOT_FOUND");
});

test("rights come and go with a group and with what a role holds", async () => {
  await using world = await TreeWorld.create();
  const userId = await world.user("u");
  const vmId = await world.vm("v");
  const groupId = await world.group("ops", [userId]);
  const roleId = await world.role("starter", ["vm.view", "vm.power"]);
  await world.grant({ groupId }, roleId, vm(vmId));
  const access = world.access(userId);
  let changes = 0;
  using _ = access.onChange(() => void changes++);
  expect(verdict(access, "vm.power", vm(vmId))).toBe("allowed");
  await world.db.transact((tx) => void tx.update(roles, roleId, (copy) => (copy.privileges = ["vm.view"])));
  expect(verdict(access, "vm.power", vm(vmId))).toBe("PRIVILEGE_MISSING");
  await world.db.transact((tx) => void tx.update(groups, groupId, (copy) => (copy.description = "Operators")));
  expect(changes).toBe(1);
  await world.db.transact((tx) => void tx.update(groups, groupId, (copy) => (copy.memberIds = [])));
  expect(verdict(access, "vm.power", vm(vmId))).toBe("NOT_FOUND");
  expect(changes).toBe(2);
});

test("moving a folder, a VM or a host moves who sees what is in it, and tells whom it concerns", async () => {
  await using world = await TreeWorld.create();
  const [left, right] = [await world.folder("left"), await world.folder("right")];
  const inner = await world.folder("inner", { parentId: left });
  const clusterId = await world.cluster("c");
  const nodeId = await world.node("n1");
  const vmId = await world.vm("v", { folderId: inner, nodeId });
  const users = {
    left: await world.user("left"),
    right: await world.user("right"),
    cluster: await world.user("cluster"),
    other: await world.user("other"),
  };
  await world.grant({ userId: users.left }, "vm-user", { kind: "folder", id: left });
  await world.grant({ userId: users.right }, "vm-user", { kind: "folder", id: right });
  await world.grant({ userId: users.cluster }, "operator", { kind: "cluster", id: clusterId });
  await world.grant({ userId: users.other }, "vm-user", { kind: "folder", id: await world.folder("far") });
  const told: string[] = [];
  for (const [name, id] of Object.entries(users)) world.access(id).onChange(() => void told.push(name));
  const sees = () =>
    Object.entries(users)
      .filter(([, id]) => world.access(id).sees("vm", "vm.view")(world.db.get(vms, vmId)))
      .map(([name]) => name);

  expect(sees()).toEqual(["left"]);
  await world.db.transact((tx) => void tx.update(folders, inner, (copy) => (copy.parentId = right)));
  expect(sees()).toEqual(["right"]);
  expect(told.splice(0)).toEqual(["left", "right"]);
  await world.db.transact((tx) => void tx.update(nodes, nodeId, (copy) => (copy.clusterId = clusterId)));
  expect(sees()).toEqual(["right", "cluster"]);
  expect(told.splice(0)).toEqual(["cluster"]);
  await world.db.transact((tx) => void tx.update(vms, vmId, (copy) => (copy.folderId = left)));
  expect(sees()).toEqual(["left", "cluster"]);
  expect(told.splice(0)).toEqual(["left", "right"]);
});

test("a VM is found by a name that one has; two of a name need the id", async () => {
  await using world = await TreeWorld.create();
  const projectId = await world.project("web");
  const id = await world.vm("db");
  expect(world.inventory.find("vm", "db")?.id).toBe(id);
  await world.vm("db", { projectId });
  expect(world.inventory.find("vm", "db")).toBeUndefined();
  expect(world.inventory.pathOfRef(vm(id))).toEqual([`vm/${id}`, "project/default", "root"]);
});
