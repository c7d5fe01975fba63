import { GrantService, isProblem, Reason, RoleService, fromConnectError } from "@limiquantix/api";
import { newId, silentLog } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root, TreeWorld } from "../../test/tree-world.ts";
import { grants, users } from "../identity/tables.ts";
import { vms } from "../tables.ts";
import { GrantSweeper } from "./grant-sweeper.ts";

let world: TreeWorld;
let admin: string;
beforeEach(async () => {
  world = await TreeWorld.create();
  admin = await world.administrator();
});
afterEach(() => world[Symbol.asyncDispose]());

/** The reason's name, or what it resolved to. */
async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => {
    const problem = isProblem(error) ? error : fromConnectError(error);
    return `${Reason[problem.reason]}: ${problem.message}`;
  });
}

const toUser = (value: string) => ({ case: "userId", value }) as const;

test("built-in roles come first and stay; own ones are written, used and deleted when nobody holds them", async () => {
  const roles = world.as(RoleService, admin);
  const made = await roles.createRole({
    name: "night shift",
    privileges: ["vm.power", "task.*"],
    description: "Nights",
  });
  const { roles: listed } = await roles.listRoles({});
  expect(listed.map(({ name }) => name)).toEqual([
    "administrator",
    "operator",
    "vm-user",
    "consumer",
    "read-only",
    "auditor",
    "night shift",
  ]);
  expect((await roles.getRole({ id: "night shift" })).id).toBe(made.id);
  expect(await refusal(roles.getRole({ id: "nobody's" }))).toBe("NOT_FOUND: there is no role nobody's");
  expect(await refusal(roles.createRole({ name: "x", privileges: ["vm.power", "vm.fly"] }))).toBe(
    "INVALID_REQUEST: privileges[1]: there is no privilege vm.fly",
  );
  expect(await refusal(roles.createRole({ name: "operator", privileges: ["vm.view"] }))).toMatch(/^NAME_TAKEN/);
  const rename = { role: { name: "days" }, updateMask: { paths: ["name"] } };
  expect(await refusal(roles.updateRole({ id: "operator", ...rename }))).toMatch(/^BUILT_IN: role operator/);
  expect(await refusal(roles.deleteRole({ id: "auditor" }))).toMatch(/^BUILT_IN/);
  expect((await roles.updateRole({ id: made.id, ...rename, revision: made.revision })).name).toBe("days");
  expect(await refusal(roles.updateRole({ id: made.id, ...rename, revision: made.revision }))).toMatch(
    /^REVISION_CONFLICT/,
  );
  const userId = await world.user("u");
  const grantId = await world.grant({ userId }, made.id, root);
  expect(await refusal(roles.deleteRole({ id: "days" }))).toBe("IN_USE: role days is in use: 1 grant");
  await world.drop(grantId);
  await roles.deleteRole({ id: "days" });
  expect((await roles.listRoles({})).roles).toHaveLength(6);
  expect((await roles.listPrivileges({})).privileges).toContainEqual(
    expect.objectContaining({ name: "vm.power", description: "Start, stop, reboot, pause and suspend a VM" }),
  );
});

test("who may write roles puts nothing into them that they do not hold on the root", async () => {
  const userId = await world.user("registrar");
  const roleId = await world.role("registrar", ["role.manage", "vm.view"]);
  await world.grant({ userId }, roleId, root);
  const roles = world.as(RoleService, userId);
  expect(await refusal(roles.createRole({ name: "god", privileges: ["*"] }))).toMatch(/^PRIVILEGE_MISSING: registrar/);
  const own = await roles.createRole({ name: "viewer", privileges: ["vm.view"] });
  const more = { role: { privileges: ["vm.view", "vm.power"] }, updateMask: { paths: ["privileges"] } };
  expect(await refusal(roles.updateRole({ id: own.id, ...more }))).toMatch(/^PRIVILEGE_MISSING.*vm\.power/);
  expect(await refusal(roles.updateRole({ id: roleId, ...more }))).toMatch(/^PRIVILEGE_MISSING/);
  await world.as(RoleService, admin).updateRole({ id: own.id, ...more });
  // What somebody else put in may stay, and be taken out.
  const less = { role: { privileges: ["vm.power"] }, updateMask: { paths: ["privileges"] } };
  expect((await roles.updateRole({ id: own.id, ...less })).privileges).toEqual(["vm.power"]);
});

test("a role is given on an object, once, to users and groups that there are", async () => {
  const service = world.as(GrantService, admin);
  const userId = await world.user("ann");
  await world.group("ops", [userId]);
  const vmId = await world.vm("db");
  const object = { kind: "vm", id: "db" };
  const given = await service.createGrant({ holder: toUser("ann"), roleId: "vm-user", object, thisObjectOnly: true });
  expect(given).toMatchObject({
    holder: { case: "userId", value: userId },
    holderName: "ann",
    roleName: "vm-user",
    object: { kind: "vm", id: vmId, name: "db" },
    createdBy: "admin",
  });
  const again = await service.createGrant({ holder: toUser(userId), roleId: "vm-user", object, thisObjectOnly: true });
  expect(again).toEqual(given);
  const wider = await service.createGrant({ holder: toUser("ann"), roleId: "vm-user", object });
  expect(wider).toMatchObject({ id: given.id, thisObjectOnly: false });
  const toGroup = { case: "groupId", value: "ops" } as const;
  expect((await service.createGrant({ holder: toGroup, roleId: "read-only", object: root })).holderName).toBe("ops");

  const bad = { holder: toUser("nobody"), roleId: "vm-user", object };
  expect(await refusal(service.createGrant(bad))).toBe("NOT_FOUND: there is no user nobody");
  const to = { holder: toUser("ann"), roleId: "vm-user" };
  expect(await refusal(service.createGrant({ ...to, roleId: "pilot", object }))).toMatch(/^NOT_FOUND/);
  expect(await refusal(service.createGrant({ ...to, object: { kind: "vm", id: newId() } }))).toMatch(/^NOT_FOUND/);
  expect(await refusal(service.createGrant({ ...to, object: { kind: "root", id: "x" } }))).toMatch(/^INVALID_REQUEST/);
  expect(await refusal(service.createGrant({ ...to, object: { kind: "", id: vmId } }))).toMatch(/^INVALID_REQUEST/);
  // A grant on a grant, a task, an event: nothing hangs below them.
  const onGrant = { ...to, object: { kind: "grant", id: given.id } };
  expect(await refusal(service.createGrant(onGrant))).toMatch(/^INVALID_REQUEST/);
});

test("nobody gives more than they have, there and below", async () => {
  const lead = await world.user("lead");
  const folderId = await world.folder("team");
  const object = { kind: "folder", id: folderId };
  const onFolder = await world.grant({ userId: lead }, "administrator", object, { thisObjectOnly: true });
  const service = world.as(GrantService, lead);
  const friend = { holder: toUser(await world.user("friend")), roleId: "vm-user" };
  expect(await refusal(service.createGrant({ ...friend, object }))).toMatch(/^PRIVILEGE_MISSING.*on all below folder/);
  await service.createGrant({ ...friend, object, thisObjectOnly: true });
  await world.drop(onFolder);
  const roleId = await world.role("granter", ["grant.manage", "folder.view", "vm.view"]);
  await world.grant({ userId: lead }, roleId, object);
  expect(await refusal(service.createGrant({ ...friend, object }))).toMatch(/^PRIVILEGE_MISSING.*vm\.power/);
  expect(await refusal(service.createGrant({ ...friend, object: root }))).toMatch(/^PRIVILEGE_MISSING.*grant\.manage/);
  const hidden = { kind: "folder", id: await world.folder("elsewhere") };
  expect(await refusal(service.createGrant({ ...friend, object: hidden }))).toMatch(/^NOT_FOUND/);
});

test("grants are listed to who may see them, by holder, role and object, and with what comes from above", async () => {
  const ann = await world.user("ann");
  const groupId = await world.group("ops", [ann]);
  const folderId = await world.folder("team");
  const vmId = await world.vm("db", { folderId });
  const [folder, vm] = [
    { kind: "folder", id: folderId },
    { kind: "vm", id: vmId },
  ];
  const byName: Record<string, string> = {
    own: await world.grant({ userId: ann }, "vm-user", vm),
    group: await world.grant({ groupId }, "read-only", folder),
    here: await world.grant({ userId: admin }, "operator", folder, { thisObjectOnly: true }),
  };
  const names = async (request: object, userId = admin) => {
    const { grants: found } = await world.as(GrantService, userId).listGrants(request);
    return found.map(({ id }) => Object.keys(byName).find((name) => byName[name] === id) ?? "root").toSorted();
  };
  expect(await names({})).toEqual(["group", "here", "own", "root"]);
  expect(await names({ userId: "ann" })).toEqual(["own"]);
  expect(await names({ userId: ann, effective: true })).toEqual(["group", "own"]);
  expect(await names({ userId: "nobody", effective: true })).toEqual([]);
  expect(await names({ groupId: "ops" })).toEqual(["group"]);
  expect(await names({ roleId: "operator" })).toEqual(["here"]);
  expect(await names({ object: vm })).toEqual(["own"]);
  expect(await names({ object: vm, effective: true })).toEqual(["group", "own", "root"]);
  expect(await names({ object: folder, effective: true })).toEqual(["group", "here", "root"]);
  // Who may see the grants of one VM sees those on it, not what comes from above.
  const reader = await world.user("reader");
  byName["reader"] = await world.grant({ userId: reader }, "auditor", vm);
  expect(await names({ object: vm, effective: true }, reader)).toEqual(["own", "reader"]);
  expect(await names({}, ann)).toEqual([]);
});

test("somebody is left who may do everything", async () => {
  const service = world.as(GrantService, admin);
  const only = world.db.by(grants, "holder", `user/${admin}`)[0]!.id;
  expect(await refusal(service.deleteGrant({ id: only }))).toMatch(/^LAST_ADMINISTRATOR: .*admin is the last/);
  const gone = await world.user("gone", { disabled: true });
  await world.grant({ userId: gone }, "administrator", root);
  await world.grant({ groupId: await world.group("empty", []) }, "administrator", root);
  expect(await refusal(service.deleteGrant({ id: only }))).toMatch(/^LAST_ADMINISTRATOR/);
  const second = await world.user("second");
  const ofGroup = await world.grant({ groupId: await world.group("admins", [second]) }, "administrator", root);
  // Two who take each other's away at once: one of them stays.
  const race = await Promise.all([
    refusal(service.deleteGrant({ id: only })),
    refusal(world.as(GrantService, second).deleteGrant({ id: ofGroup })),
  ]);
  expect(race.filter((outcome) => String(outcome).startsWith("LAST_ADMINISTRATOR"))).toHaveLength(1);
});

test("CanI answers many questions in order, and gives no hint of what is hidden", async () => {
  const ann = await world.user("ann");
  const [seen, hidden] = [await world.vm("seen"), await world.vm("hidden")];
  await world.grant({ userId: ann }, "vm-user", { kind: "vm", id: seen });
  const ask = (privilege: string, id?: string) => ({ privilege, ...(id ? { object: { kind: "vm", id } } : {}) });
  const absent = newId();
  const { answers } = await world.as(GrantService, ann).canI({
    checks: [
      ask("vm.power", seen),
      ask("vm.delete", seen),
      ask("vm.power", hidden),
      ask("vm.power", absent),
      ask("role.manage"),
      ask("vm.fly", seen),
    ],
  });
  expect(answers.map(({ allowed, why }) => (allowed ? "yes" : why))).toEqual([
    "yes",
    `ann lacks the privilege vm.delete on VM ${seen}`,
    `there is no VM ${hidden}`,
    `there is no VM ${absent}`,
    "ann lacks the privilege role.manage on the root",
    "there is no privilege vm.fly",
  ]);
  const all = { checks: Array.from({ length: 1000 }, () => ask("vm.delete", seen)) };
  expect((await world.as(GrantService, ann).canI(all)).answers).toHaveLength(1000);
});

test("an idempotency key lets nobody past the check where there is no object", async () => {
  const ann = world.as(GrantService, await world.user("ann"));
  const object = { kind: "vm", id: newId() };
  const request = { holder: toUser("ann"), roleId: "administrator", object, idempotencyKey: "k" };
  expect(await refusal(ann.createGrant(request))).toMatch(/^NOT_FOUND/);
  // A true repeat is answered although its object is gone.
  const service = world.as(GrantService, admin);
  const id = await world.grant({ userId: await world.user("bob") }, "vm-user", root);
  await service.deleteGrant({ id, idempotencyKey: "d" });
  await service.deleteGrant({ id, idempotencyKey: "d" });
  expect(await refusal(service.deleteGrant({ id, idempotencyKey: "e" }))).toMatch(/^NOT_FOUND/);
});

test("grants go with their object and with their holder, also what a crash left", async () => {
  const ann = await world.user("ann");
  const [vmId, left] = [await world.vm("db"), await world.vm("left")];
  await world.grant({ userId: ann }, "vm-user", { kind: "vm", id: left });
  await world.db.transact((tx) => tx.delete(vms, left));
  const sweeper = new GrantSweeper({ db: world.db, log: silentLog });
  await sweeper.start();
  expect(world.db.by(grants, "holder", `user/${ann}`)).toEqual([]);
  await world.grant({ userId: ann }, "vm-user", { kind: "vm", id: vmId });
  const kept = await world.grant({ userId: ann }, "read-only", root);
  await world.db.transact((tx) => tx.delete(vms, vmId));
  await expect.poll(() => world.db.by(grants, "holder", `user/${ann}`).map(({ id }) => id)).toEqual([kept]);
  await world.db.transact((tx) => tx.delete(users, ann));
  await expect.poll(() => world.db.by(grants, "holder", `user/${ann}`)).toEqual([]);
  sweeper.stop();
});
