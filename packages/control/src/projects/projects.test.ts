import { clone } from "@bufbuild/protobuf";
import {
  fromConnectError,
  isProblem,
  ProjectService,
  Reason,
  UpdateType,
  VirtualMachineSchema,
} from "@limiquantix/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root, TreeWorld } from "../../test/tree-world.ts";
import { grants } from "../identity/tables.ts";
import { folders, vms } from "../tables.ts";
import { chargeProject, chargeVm, countUsage, usageOf } from "./usage.ts";

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

const quotaMask = { updateMask: { paths: ["quota"] } };

test("projects are made, changed, and deleted when they are empty", async () => {
  const service = world.as(ProjectService, admin);
  const web = await service.createProject({ name: "web", quota: { vcpus: 16 }, labels: { team: "blue" } });
  expect(await refusal(service.createProject({ name: "web" }))).toMatch(/^NAME_TAKEN/);
  expect(await refusal(service.createProject({ name: "Not So" }))).toMatch(/^INVALID_REQUEST/);
  expect((await service.getProject({ id: "web" })).id).toBe(web.id);
  expect((await service.listProjects({ labels: { team: "blue" } })).projects.map(({ name }) => name)).toEqual(["web"]);
  const changed = await service.updateProject({
    id: web.id,
    project: { name: "www", labels: {}, quota: { vms: 3 } },
    updateMask: { paths: ["name", "labels"] },
    revision: web.revision,
  });
  expect(changed).toMatchObject({ name: "www", labels: {}, quota: { vcpus: 16 } });
  const clash = { project: { name: "default" }, updateMask: { paths: ["name"] } };
  expect(await refusal(service.updateProject({ id: web.id, ...clash }))).toMatch(/^NAME_TAKEN/);
  const bad = { project: { name: "" }, updateMask: { paths: ["name"] } };
  expect(await refusal(service.updateProject({ id: web.id, ...bad }))).toMatch(/^INVALID_REQUEST: name/);
  expect(await refusal(service.updateProject({ id: web.id, updateMask: { paths: ["usage"] } }))).toMatch(/not among/);

  const vmId = await world.vm("v", { projectId: web.id });
  await world.folder("f", { projectId: web.id });
  await world.grant({ userId: admin }, "operator", { kind: "project", id: web.id });
  expect(await refusal(service.deleteProject({ id: web.id }))).toBe(
    "NOT_EMPTY: project www is not empty: 1 VM, 1 folder",
  );
  await world.db.transact((tx) => {
    tx.delete(vms, vmId);
    for (const folder of tx.by(folders, "project", web.id)) tx.delete(folders, folder.id);
  });
  await service.deleteProject({ id: "www" });
  expect(world.db.by(grants, "object", `project/${web.id}`)).toEqual([]);
});

test("the default project keeps its name and stays", async () => {
  const service = world.as(ProjectService, admin);
  expect(await refusal(service.deleteProject({ id: "default" }))).toBe(
    "BUILT_IN: project default is built in and stays as it is",
  );
  const rename = { project: { name: "main" }, updateMask: { paths: ["name"] } };
  expect(await refusal(service.updateProject({ id: "default", ...rename }))).toMatch(/^BUILT_IN/);
  const limited = await service.updateProject({ id: "default", project: { quota: { vms: 5 } }, ...quotaMask });
  expect(limited.quota?.vms).toBe(5);
  const free = await service.updateProject({ id: "default", ...quotaMask });
  expect(free.quota).toBeUndefined();
});

test("a quota is not for who may only edit", async () => {
  const ann = await world.user("ann");
  const id = await world.project("web");
  const roleId = await world.role("editor", ["project.view", "project.edit", "project.create"]);
  await world.grant({ userId: ann }, roleId, root);
  const service = world.as(ProjectService, ann);
  const described = { project: { description: "The web" }, updateMask: { paths: ["description"] } };
  expect((await service.updateProject({ id, ...described })).description).toBe("The web");
  const more = { project: { quota: { vms: 99 } }, ...quotaMask };
  expect(await refusal(service.updateProject({ id, ...more }))).toMatch(/^PRIVILEGE_MISSING.*project\.quota/);
  expect(await refusal(service.createProject({ name: "x", quota: { vms: 99 } }))).toMatch(/^PRIVILEGE_MISSING/);
  expect((await service.createProject({ name: "x" })).name).toBe("x");
});

test("what does not fit the quota is refused with what is left, and what shrinks always may", async () => {
  const service = world.as(ProjectService, admin);
  const { id } = await service.createProject({ name: "web", quota: { vcpus: 16, memoryMib: 1024n, vms: 3 } });
  const charge = (delta: Parameters<typeof chargeProject>[2], check = true) =>
    refusal(world.db.transact((tx) => chargeProject(tx, id, delta, { check })));
  expect(await charge({ vms: 1, vcpus: 14 })).toBeUndefined();
  expect(await charge({ vms: 1, vcpus: 4, memoryMib: 2048 })).toBe(
    "QUOTA_EXCEEDED: the quota of project web does not allow it: needs 4 vCPU, 2 of 16 are left; needs 2048 MiB of memory, 1024 of 1024 are left",
  );
  expect(await charge({ vcpus: 2 })).toBeUndefined();
  expect(await charge({ vms: 5, vcpus: 4 }, false)).toBeUndefined();
  expect(await charge({ vms: -1, vcpus: -1 })).toBeUndefined();
  expect((await service.getProject({ id })).usage).toMatchObject({ vms: 5, vcpus: 19, memoryMib: 0n });
  expect(await charge({ vcpus: 1 })).toMatch(/needs 1 vCPU, 0 of 16 are left/);
});

test("many at once take no more than there is, and the account is what the VMs are", async () => {
  const service = world.as(ProjectService, admin);
  const { id } = await service.createProject({ name: "web", quota: { vms: 7 } });
  const made = await Promise.all(Array.from({ length: 12 }, (_, i) => world.vm(`v${i}`, { projectId: id })));
  const charged = await Promise.all(
    made.map((vmId) => {
      const after = world.db.get(vms, vmId);
      return refusal(world.db.transact((tx) => chargeVm(tx, undefined, after, { check: true })));
    }),
  );
  expect(charged.filter((outcome) => outcome === undefined)).toHaveLength(7);
  expect(charged.filter((outcome) => String(outcome).startsWith("QUOTA_EXCEEDED"))).toHaveLength(5);

  const kept = made.filter((_, i) => charged[i] === undefined);
  const before = world.db.get(vms, kept[0]!);
  const moved = clone(VirtualMachineSchema, before);
  moved.projectId = "default";
  await world.db.transact((tx) => {
    chargeVm(tx, before, moved, { check: true });
    tx.update(vms, before.id, (copy) => void (copy.projectId = "default"));
    for (const other of made.filter((vmId) => !kept.includes(vmId))) tx.delete(vms, other);
  });
  const counted = countUsage(world.db.all(vms), []);
  for (const project of [id, "default"]) expect(usageOf(world.db, project)).toEqual(counted.get(project));
  expect(counted.get(id)?.vms).toBe(6);
});

test("a watch tells of projects and of what they use, to who may see them", async () => {
  const ann = await world.user("ann");
  const [web, hidden] = [await world.project("web"), await world.project("hidden")];
  await world.grant({ userId: ann }, "read-only", { kind: "project", id: web });
  const stop = new AbortController();
  const updates = world.as(ProjectService, ann).watchProjects({}, { signal: stop.signal })[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = await updates.next();
    return `${UpdateType[value.type]} ${value.project?.name ?? ""} ${value.project?.usage?.vms ?? ""}`.trim();
  };
  expect([await next(), await next()]).toEqual(["ADDED web 0", "SYNCED"]);
  const charge = (id: string) => world.db.transact((tx) => chargeProject(tx, id, { vms: 2 }, { check: true }));
  await charge(hidden);
  await charge(web);
  expect(await next()).toBe("MODIFIED web 2");
  stop.abort();
  await expect(updates.next()).rejects.toThrow();
});
