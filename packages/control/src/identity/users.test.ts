import { User_Kind } from "@limiquantix/api";
import { expect, test } from "vitest";
import { openIdentity, reasonOf } from "./identity-fixture.ts";
import { factors, grants, tokens, users } from "./tables.ts";

const disabled = { user: { disabled: true }, updateMask: { paths: ["disabled"] } };

test("a person is made with a password that they must change before anything else", async () => {
  const { as, login, identity } = await openIdentity();
  const admin = as(await login());
  const made = await admin.users.createUser({
    name: "ada",
    fullName: "Ada Lovelace",
    email: "ada@example",
    idempotencyKey: "k",
  });
  expect(made).toMatchObject({
    user: { name: "ada", fullName: "Ada Lovelace", mustChangePassword: true, groupIds: [] },
  });
  const again = await admin.users.createUser({
    name: "ada",
    fullName: "Ada Lovelace",
    email: "ada@example",
    idempotencyKey: "k",
  });
  expect(again).toMatchObject({ user: { id: made.user?.id }, password: "" });
  const ada = as(await login("ada", made.password));
  expect(await ada.auth.whoAmI({})).toMatchObject({ name: "ada", administrator: false, mustChangePassword: true });
  expect(await reasonOf(ada.system.getSystemInfo({}))).toBe("PASSWORD_MUST_CHANGE");
  expect(await reasonOf(ada.auth.createToken({ name: "way out" }))).toBe("PASSWORD_MUST_CHANGE");
  await ada.auth.changePassword({ oldPassword: made.password, newPassword: "analytical engine" });
  expect(await reasonOf(ada.system.getSystemInfo({}))).toBe("ok");
  // The file with the first administrator's password stays until that one is changed.
  expect(identity.firstLoginPending()).toBe(true);
});

test("names are taken once, passwords are the policy's, service accounts have none, dry runs make nothing", async () => {
  const { as, login, db } = await openIdentity();
  const { users: people } = as(await login());
  expect(await people.createUser({ name: "plan", dryRun: true })).toMatchObject({
    user: { name: "plan" },
    password: "",
  });
  expect(db.count(users)).toBe(1);
  expect(await reasonOf(people.createUser({ name: "admin" }))).toBe("NAME_TAKEN");
  expect(await reasonOf(people.createUser({ name: "-rf" }))).toBe("INVALID_REQUEST");
  expect(await reasonOf(people.createUser({ name: "bob", password: "short" }))).toBe("PASSWORD_TOO_WEAK");
  const robot = { name: "robot", kind: User_Kind.SERVICE };
  expect(await reasonOf(people.createUser({ ...robot, password: "long enough" }))).toBe("INVALID_REQUEST");
  const { user, password } = await people.createUser(robot);
  expect(password).toBe("");
  expect(await reasonOf(as("").auth.login({ username: "robot", password: "x" }))).toBe("LOGIN_FAILED");
  expect(await reasonOf(people.resetPassword({ id: user?.id ?? "" }))).toBe("UNSUPPORTED");
});

test("found by id, by name, by search, by group, in pages", async () => {
  const { as, login } = await openIdentity();
  const { users: people, groups } = as(await login());
  for (const name of ["ada", "bob", "eve"]) await people.createUser({ name, email: `${name}@Example` });
  const ada = await people.getUser({ id: "ada" });
  expect(await people.getUser({ id: ada.id })).toMatchObject({ name: "ada" });
  expect(await reasonOf(people.getUser({ id: "nobody" }))).toBe("NOT_FOUND");
  const names = async (query: object) => (await people.listUsers(query)).users.map(({ name }) => name);
  expect(await names({ search: "@example" })).toEqual(["ada", "bob", "eve"]);
  const { id: groupId } = await groups.createGroup({ name: "staff" });
  await groups.addGroupMember({ id: groupId, userId: ada.id });
  expect(await names({ groupId })).toEqual(["ada"]);
  expect(await reasonOf(people.listUsers({ groupId: "gone" }))).toBe("NOT_FOUND");
  const page = await people.listUsers({ pageSize: 3 });
  expect(page.totalCount).toBe(4);
  expect(await names({ pageSize: 3, pageToken: page.nextPageToken })).toEqual(["eve"]);
});

test("an update is of what its mask names, at the revision that was read", async () => {
  const { as, login } = await openIdentity();
  const { users: people } = as(await login());
  const { user } = await people.createUser({ name: "ada" });
  const { id, revision } = await people.getUser({ id: user?.id ?? "" });
  const change = { id, user: { fullName: "Ada", email: "a@b", name: "root", administrator: true }, revision };
  expect(await reasonOf(people.updateUser(change))).toBe("INVALID_REQUEST");
  expect(await reasonOf(people.updateUser({ ...change, updateMask: { paths: ["administrator"] } }))).toBe(
    "INVALID_REQUEST",
  );
  const updated = await people.updateUser({ ...change, updateMask: { paths: ["full_name"] } });
  expect(updated).toMatchObject({ name: "ada", fullName: "Ada", email: "", administrator: false });
  expect(updated.revision).toBeGreaterThan(revision);
  expect(await reasonOf(people.updateUser({ ...change, updateMask: { paths: ["email"] } }))).toBe("REVISION_CONFLICT");
});

test("disabled, reset and deleted users are out at once", async () => {
  const { as, login, person, db, grant } = await openIdentity();
  const admin = as(await login());
  const ada = await person("ada");
  const { secret } = await ada.as.auth.createToken({ name: "ci" });
  await admin.users.updateUser({ id: ada.id, ...disabled });
  for (const caller of [ada.as, as(secret)]) expect(await reasonOf(caller.auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(login("ada", ada.password))).toBe("LOGIN_FAILED");
  await admin.users.updateUser({ id: ada.id, user: {}, updateMask: { paths: ["disabled"] } });
  expect(await reasonOf(ada.as.auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(as(secret).auth.whoAmI({}))).toBe("ok");
  const session = as(await login("ada", ada.password));
  const { password } = await admin.users.resetPassword({ id: ada.id });
  expect(await reasonOf(session.auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(login("ada", ada.password))).toBe("LOGIN_FAILED");
  const limited = as(await login("ada", password));
  expect(await reasonOf(limited.system.getSystemInfo({}))).toBe("PASSWORD_MUST_CHANGE");
  await limited.auth.startTotp({});
  const { id: groupId } = await admin.groups.createGroup({ name: "staff" });
  await admin.groups.addGroupMember({ id: groupId, userId: ada.id });
  await grant({ holder: { case: "userId", value: ada.id }, roleId: "operator" });
  await admin.users.deleteUser({ id: ada.id });
  expect(await reasonOf(as(secret).auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect((await admin.groups.getGroup({ id: "staff" })).memberIds).toEqual([]);
  expect([...db.all(tokens)].some(({ token }) => token?.userId === ada.id)).toBe(false);
  expect([...db.all(factors)]).toEqual([]);
  expect(db.by(grants, "holder", `user/${ada.id}`)).toEqual([]);
});

test("user.manage takes nothing from who holds more", async () => {
  const { as, login, db, person } = await openIdentity();
  const help = await person("help", ["user.view", "user.manage"]);
  const operator = await person("operator", ["user.view", "user.manage", "vm.power"]);
  const peer = await person("peer", ["user.view"]);
  const adminId = db.by(users, "name", "admin")[0]?.id ?? "";
  for (const id of [adminId, operator.id]) {
    const { users: people } = help.as;
    expect(await reasonOf(people.resetPassword({ id }))).toBe("PRIVILEGE_MISSING");
    expect(await reasonOf(people.resetPassword({ id, dryRun: true }))).toBe("PRIVILEGE_MISSING");
    expect(await reasonOf(people.resetFactors({ id }))).toBe("PRIVILEGE_MISSING");
    expect(await reasonOf(people.updateUser({ id, ...disabled }))).toBe("PRIVILEGE_MISSING");
    expect(await reasonOf(people.deleteUser({ id }))).toBe("PRIVILEGE_MISSING");
  }
  expect(await reasonOf(operator.as.users.resetPassword({ id: help.id }))).toBe("ok");
  expect(await reasonOf(operator.as.users.deleteUser({ id: peer.id }))).toBe("ok");
  expect(await reasonOf(peer.as.users.deleteUser({ id: help.id }))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(as(await login()).users.deleteUser({ id: operator.id }))).toBe("ok");
});

test("the last administrator stays, by themselves or by a group", async () => {
  const { as, login, db, grant, person } = await openIdentity();
  const { users: people, groups } = as(await login());
  const adminId = db.by(users, "name", "admin")[0]?.id ?? "";
  expect(await reasonOf(people.updateUser({ id: adminId, ...disabled }))).toBe("LAST_ADMINISTRATOR");
  expect(await reasonOf(people.deleteUser({ id: adminId }))).toBe("LAST_ADMINISTRATOR");
  const { id: groupId } = await groups.createGroup({ name: "administrators" });
  await grant({ holder: { case: "groupId", value: groupId }, roleId: "administrator" });
  const ada = await person("ada");
  await groups.addGroupMember({ id: groupId, userId: ada.id });
  expect(await ada.as.auth.whoAmI({})).toMatchObject({ administrator: true, groupIds: [groupId] });
  const outcomes = await Promise.all([
    reasonOf(people.deleteUser({ id: adminId })),
    reasonOf(ada.as.groups.deleteGroup({ id: groupId })),
  ]);
  expect(outcomes.toSorted()).toEqual(["LAST_ADMINISTRATOR", "ok"]);
});
