import { expect, test } from "vitest";
import { openIdentity, reasonOf } from "./identity-fixture.ts";
import { grants } from "./tables.ts";

test("groups are made, found, described anew and deleted with their grants", async () => {
  const { as, login, grant, db } = await openIdentity();
  const { groups } = as(await login());
  const staff = await groups.createGroup({ name: "staff", description: "Everybody" });
  expect(await reasonOf(groups.createGroup({ name: "staff" }))).toBe("NAME_TAKEN");
  expect(await groups.getGroup({ id: "staff" })).toMatchObject({ id: staff.id, description: "Everybody" });
  expect((await groups.listGroups({ search: "EVERY" })).groups).toHaveLength(1);
  expect((await groups.listGroups({ search: "nobody" })).totalCount).toBe(0);
  const change = { id: staff.id, group: { name: "people", memberIds: ["x"] }, revision: staff.revision };
  expect(await reasonOf(groups.updateGroup({ ...change, updateMask: { paths: ["member_ids"] } }))).toBe(
    "INVALID_REQUEST",
  );
  const renamed = await groups.updateGroup({ ...change, updateMask: { paths: ["name"] } });
  expect(renamed).toMatchObject({ name: "people", memberIds: [], description: "Everybody" });
  expect(await reasonOf(groups.updateGroup({ ...change, updateMask: { paths: ["name"] } }))).toBe("REVISION_CONFLICT");
  await grant({ holder: { case: "groupId", value: staff.id }, roleId: "operator" });
  await groups.deleteGroup({ id: staff.id });
  expect(db.by(grants, "holder", `group/${staff.id}`)).toEqual([]);
  expect(await reasonOf(groups.getGroup({ id: staff.id }))).toBe("NOT_FOUND");
});

test("members come and go, once each, and a grant of the group is theirs meanwhile", async () => {
  const { as, login, person, grant } = await openIdentity();
  const { groups } = as(await login());
  const ada = await person("ada");
  const { id } = await groups.createGroup({ name: "staff" });
  await grant({ holder: { case: "groupId", value: id }, roleId: "auditor" });
  expect(await reasonOf(ada.as.users.listUsers({}))).toBe("PRIVILEGE_MISSING");
  await groups.addGroupMember({ id, userId: ada.id });
  expect((await groups.addGroupMember({ id, userId: ada.id })).memberIds).toEqual([ada.id]);
  expect(await reasonOf(ada.as.users.listUsers({}))).toBe("ok");
  expect(await reasonOf(groups.addGroupMember({ id, userId: id }))).toBe("NOT_FOUND");
  expect((await groups.removeGroupMember({ id, userId: ada.id })).memberIds).toEqual([]);
  expect(await reasonOf(ada.as.users.listUsers({}))).toBe("PRIVILEGE_MISSING");
});

test("group.manage makes nobody more than who uses it", async () => {
  const { as, login, person, grant } = await openIdentity();
  const admin = as(await login());
  const help = await person("help", ["group.view", "group.manage"]);
  const { id } = await admin.groups.createGroup({ name: "administrators" });
  await grant({ holder: { case: "groupId", value: id }, roleId: "administrator" });
  expect(await reasonOf(help.as.groups.addGroupMember({ id, userId: help.id }))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(help.as.groups.removeGroupMember({ id, userId: help.id }))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(help.as.groups.deleteGroup({ id }))).toBe("PRIVILEGE_MISSING");
  const plain = await help.as.groups.createGroup({ name: "plain" });
  expect(await reasonOf(help.as.groups.addGroupMember({ id: plain.id, userId: help.id }))).toBe("ok");
});
