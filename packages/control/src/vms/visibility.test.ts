import { create } from "@bufbuild/protobuf";
import {
  EventService,
  FolderSchema,
  fromConnectError,
  NodeService,
  ProjectSchema,
  Reason,
  StoragePoolService,
  TaskService,
  UpdateType,
  VirtualNetworkService,
  VMService,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { createCluster, type Cluster, type SimUser } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folders, projects } from "../tables.ts";

let cluster: Cluster;
let a: SimUser;
let b: SimUser;

const size = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n }] };

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  [a, b] = await Promise.all([tenant("a"), tenant("b")]);
});

afterEach(() => cluster.stop());

/** Somebody who may do everything in a project of their own, and use what is shared. */
async function tenant(name: string): Promise<SimUser> {
  await cluster.control.db.transact((tx) => tx.insert(projects, create(ProjectSchema, { id: name, name })));
  const user = cluster.user(name);
  await user.allow("administrator", { kind: "project", id: name });
  await user.allow("consumer", { kind: "project", id: "default" });
  return user;
}

async function folder(projectId: string, parentId = ""): Promise<string> {
  const id = newId();
  const row = create(FolderSchema, { id, name: id, projectId, parentId });
  await cluster.control.db.transact((tx) => tx.insert(folders, row));
  return id;
}

async function vmOf(user: SimUser, options: { name?: string; folderId?: string } = {}): Promise<string> {
  const { name = "web-1", folderId = "" } = options;
  const asked = { name, folderId, projectId: folderId ? "" : user.name, spec: size };
  const { vm } = await user.client(VMService).createVM(asked);
  await cluster.settle();
  return vm?.id ?? "";
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );

/** What a stream brings, as it comes. */
function follow<T>(stream: AsyncIterable<T>): { got: T[]; ended: Promise<string> } {
  const got: T[] = [];
  const ended = reasonOf(
    (async () => {
      for await (const message of stream) got.push(message);
    })(),
  );
  return { got, ended };
}

test("one tenant sees nothing of another: not in a list, a count, a watch, an event, a task", async () => {
  const stop = new AbortController();
  const { signal } = stop;
  const watchedVms = follow(a.client(VMService).watchVMs({}, { signal }));
  const watchedTasks = follow(a.client(TaskService).watchTasks({}, { signal }));
  const watchedEvents = follow(a.client(EventService).watchEvents({}, { signal }));
  const [mine, theirs] = [await vmOf(a), await vmOf(b)];

  const seen = async (user: SimUser) => {
    const { vms, totalCount } = await user.client(VMService).listVMs({});
    const { tasks } = await user.client(TaskService).listTasks({});
    const { events } = await user.client(EventService).listEvents({});
    return [
      [vms.map(({ id }) => id), totalCount],
      new Set(tasks.map(({ target }) => target?.id)),
      new Set(events.map(({ subject }) => subject?.id)),
    ];
  };
  expect(await seen(a)).toEqual([[[mine], 1], new Set([mine]), new Set([mine])]);
  expect(await seen(b)).toEqual([[[theirs], 1], new Set([theirs]), new Set([theirs])]);
  expect(new Set(watchedVms.got.flatMap(({ vm }) => vm?.id ?? []))).toEqual(new Set([mine]));
  expect(new Set(watchedTasks.got.flatMap(({ task }) => task?.target?.id ?? []))).toEqual(new Set([mine]));
  expect(watchedEvents.got.length).toBeGreaterThan(0);
  expect(new Set(watchedEvents.got.map(({ subject }) => subject?.id))).toEqual(new Set([mine]));

  // Hosts are nobody's but the administrator's; pools and networks are shared with both.
  expect(await a.client(NodeService).listNodes({})).toMatchObject({ nodes: [], totalCount: 0 });
  expect((await a.client(StoragePoolService).listPools({})).totalCount).toBeGreaterThan(0);
  expect((await a.client(VirtualNetworkService).listNetworks({})).totalCount).toBe(1);
  expect((await cluster.user("nobody").client(StoragePoolService).listPools({})).totalCount).toBe(0);
  expect((await cluster.client(VMService).listVMs({})).totalCount).toBe(2);
  stop.abort();
});

test("a name is that of one's own VM, and another's is as if it were not there", async () => {
  const [mine, theirs] = [await vmOf(a), await vmOf(b)];
  expect((await a.client(VMService).getVM({ id: "web-1" })).id).toBe(mine);
  expect((await b.client(VMService).getVM({ id: "web-1" })).id).toBe(theirs);
  expect(await reasonOf(cluster.client(VMService).getVM({ id: "web-1" }))).toBe("NOT_FOUND");
  const failure = (id: string) =>
    a
      .client(VMService)
      .getVM({ id })
      .catch((error: unknown) => fromConnectError(error).message.replace(id, "…"));
  expect(await failure(theirs)).toBe(await failure(newId()));
  expect(await reasonOf(a.client(VMService).startVM({ id: theirs }))).toBe("NOT_FOUND");
  expect(await reasonOf(a.client(VMService).whyNot({ vmId: theirs }))).toBe("NOT_FOUND");
});

test("the events of a VM that is deleted are its project's still, and nobody else's", async () => {
  const id = await vmOf(a);
  await a.client(VMService).deleteVM({ id });
  await cluster.settle();
  const { events } = await a.client(VMService).listVMEvents({ vmId: id });
  expect(events[0]?.message).toBe("VM web-1 was put into the recycle bin");
  expect(new Set(events.map(({ projectId }) => projectId))).toEqual(new Set(["a"]));
  expect(await reasonOf(b.client(VMService).listVMEvents({ vmId: id }))).toBe("NOT_FOUND");
  expect((await b.client(EventService).listEvents({ subjectId: id })).events).toEqual([]);
});

test("a grant that is taken away takes its rows along: RESET, and the VM's own watch ends", async () => {
  const folderId = await folder("a");
  const [inFolder] = [await vmOf(a, { name: "shared", folderId }), await vmOf(a, { name: "private" })];
  const guest = cluster.user("guest");
  const grant = await guest.allow("vm-user", { kind: "folder", id: folderId });
  const stop = new AbortController();
  const all = follow(guest.client(VMService).watchVMs({}, { signal: stop.signal }));
  const one = follow(guest.client(VMService).watchVM({ id: inFolder }));
  await cluster.settle();
  expect(all.got.flatMap(({ vm }) => vm?.id ?? [])).toEqual([inFolder]);
  await guest.forbid(grant);
  await cluster.settle();
  const after = all.got.slice(all.got.findIndex(({ type }) => type === UpdateType.RESET));
  expect(after.map(({ type }) => type)).toEqual([UpdateType.RESET, UpdateType.SYNCED]);
  expect(await one.ended).toBe("NOT_FOUND");
  expect((await guest.client(VMService).listVMs({})).totalCount).toBe(0);
  stop.abort();
});

test("a VM that is moved to another folder comes to who may see that one, and leaves who may not", async () => {
  const [from, to] = [await folder("a"), await folder("a")];
  const id = await vmOf(a, { folderId: from });
  const [left, right] = [cluster.user("left"), cluster.user("right")];
  await left.allow("vm-user", { kind: "folder", id: from });
  await right.allow("vm-user", { kind: "folder", id: to });
  const stop = new AbortController();
  const watched = [left, right].map((user) => follow(user.client(VMService).watchVMs({}, { signal: stop.signal })));
  await cluster.settle();
  const request = { id, folderId: to, updateMask: { paths: ["folder_id"] } };
  expect(await reasonOf(left.client(VMService).updateVM(request))).toBe("PRIVILEGE_MISSING");
  const { vm, task } = await a.client(VMService).updateVM(request);
  expect([vm?.folderId, task]).toEqual([to, undefined]);
  await cluster.settle();
  expect((await left.client(VMService).listVMs({})).totalCount).toBe(0);
  expect((await right.client(VMService).listVMs({ folderId: to })).vms.map((one) => one.id)).toEqual([id]);
  expect((await right.client(VMService).listVMs({ folderId: from })).totalCount).toBe(0);
  const kept = watched.map(({ got }) => {
    const rows = new Set<string>();
    for (const { type, vm: row } of got) {
      if (type === UpdateType.RESET) rows.clear();
      else if (row && type === UpdateType.DELETED) rows.delete(row.id);
      else if (row) rows.add(row.id);
    }
    return [...rows];
  });
  expect(kept).toEqual([[], [id]]);
  stop.abort();
});

test("what is found on a host is for who may see the host, in no project, until it is adopted into one", async () => {
  const id = await vmOf(a);
  await cluster.client(VMService).deleteVM({ id, removeFromInventoryOnly: true });
  await cluster.settle();
  const found = await cluster.client(VMService).getVM({ id });
  expect([found.isManaged, found.projectId]).toEqual([false, ""]);
  const inDefault = cluster.user("default's");
  await inDefault.allow("administrator", { kind: "project", id: "default" });
  expect((await inDefault.client(VMService).listVMs({})).totalCount).toBe(0);
  expect((await a.client(VMService).listVMs({})).totalCount).toBe(0);
  expect(await reasonOf(a.client(VMService).adoptVM({ id, projectId: "a" }))).toBe("NOT_FOUND");

  const keeper = cluster.user("keeper");
  await keeper.allow(["vm.view", "vm.adopt", "node.view"], { kind: "node", id: found.status?.nodeId ?? "" });
  expect((await keeper.client(VMService).listVMs({})).vms.map((vm) => vm.id)).toEqual([id]);
  const adopt = { id, projectId: "a" };
  expect(await reasonOf(keeper.client(VMService).adoptVM(adopt))).toBe("NOT_FOUND");
  await keeper.allow(["project.view"], { kind: "project", id: "a" });
  expect(await reasonOf(keeper.client(VMService).adoptVM({ ...adopt, dryRun: true }))).toBe("PRIVILEGE_MISSING");
  await keeper.allow(["vm.create"], { kind: "project", id: "a" });
  await keeper.client(VMService).adoptVM(adopt);
  await cluster.settle();
  expect((await a.client(VMService).getVM({ id })).projectId).toBe("a");
});
