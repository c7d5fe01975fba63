import { ClusterService, fromConnectError, isProblem, Reason, UpdateType } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root, TreeWorld } from "../../test/tree-world.ts";
import { grants } from "../identity/tables.ts";
import { nodes } from "../tables.ts";

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

test("clusters are made, changed, filled with hosts, and deleted when none is left", async () => {
  const service = world.as(ClusterService, admin);
  const east = await service.createCluster({ name: "east", labels: { site: "1" } });
  expect(await refusal(service.createCluster({ name: "east" }))).toBe(
    "NAME_TAKEN: a cluster named east exists already",
  );
  const renamed = { cluster: { name: "east-1" }, updateMask: { paths: ["name"] }, revision: east.revision };
  expect(await service.updateCluster({ id: east.id, ...renamed })).toMatchObject({
    name: "east-1",
    labels: { site: "1" },
  });
  expect(await refusal(service.updateCluster({ id: east.id, ...renamed }))).toMatch(/^REVISION_CONFLICT/);
  expect((await service.getCluster({ id: "east-1" })).id).toBe(east.id);
  const nodeId = await world.node("n1");
  await service.moveNode({ nodeId, clusterId: "east-1" });
  expect(world.db.get(nodes, nodeId).clusterId).toBe(east.id);
  await world.grant({ userId: admin }, "operator", { kind: "cluster", id: east.id });
  expect(await refusal(service.deleteCluster({ id: east.id }))).toBe("NOT_EMPTY: cluster east-1 is not empty: 1 host");
  expect(await refusal(service.moveNode({ nodeId, clusterId: newId() }))).toMatch(/^NOT_FOUND/);
  await service.moveNode({ nodeId });
  await service.deleteCluster({ id: east.id });
  expect(world.db.by(grants, "object", `cluster/${east.id}`)).toEqual([]);
  expect((await service.listClusters({})).totalCount).toBe(0);
});

test("to put a host into a cluster one needs the right on both", async () => {
  const ann = await world.user("ann");
  const [nodeId, clusterId] = [await world.node("n1"), await world.cluster("c")];
  const service = world.as(ClusterService, ann);
  expect(await refusal(service.moveNode({ nodeId, clusterId }))).toMatch(/^NOT_FOUND: there is no node/);
  await world.grant({ userId: ann }, "operator", { kind: "node", id: nodeId });
  expect(await refusal(service.moveNode({ nodeId, clusterId }))).toMatch(/^NOT_FOUND: there is no cluster/);
  await world.grant({ userId: ann }, "read-only", { kind: "cluster", id: clusterId });
  expect(await refusal(service.moveNode({ nodeId, clusterId }))).toMatch(/^PRIVILEGE_MISSING.*cluster\.edit/);
  await world.grant({ userId: ann }, "operator", { kind: "cluster", id: clusterId });
  await service.moveNode({ nodeId, clusterId });
  expect(world.db.get(nodes, nodeId).clusterId).toBe(clusterId);
});

test("lists and watches show the clusters that one may see", async () => {
  const ann = await world.user("ann");
  const [seen] = [await world.cluster("seen"), await world.cluster("hidden")];
  await world.grant({ userId: ann }, "read-only", { kind: "cluster", id: seen });
  const service = world.as(ClusterService, ann);
  expect((await service.listClusters({})).clusters.map(({ name }) => name)).toEqual(["seen"]);
  expect(await refusal(service.getCluster({ id: "hidden" }))).toBe("NOT_FOUND: there is no cluster hidden");
  const stop = new AbortController();
  const updates = service.watchClusters({}, { signal: stop.signal })[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = await updates.next();
    return [UpdateType[value.type], value.cluster?.name ?? ""].join(" ").trim();
  };
  expect([await next(), await next()]).toEqual(["ADDED seen", "SYNCED"]);
  await world.grant({ userId: ann }, "read-only", root);
  expect([await next(), await next(), await next()]).toEqual(["RESET", "ADDED seen", "ADDED hidden"]);
  stop.abort();
  await expect(updates.next().then(() => updates.next())).rejects.toThrow();
});
