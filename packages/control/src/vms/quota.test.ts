import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { fromConnectError, ProjectSchema, QuotaSchema, Reason, VMService } from "@limiquantix/api";
import { createCluster, type Cluster } from "@limiquantix/sim";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { countUsage, usageOf } from "../projects/usage.ts";
import { grants, projects, vms as vmTable, volumes } from "../index.ts";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2, hostSize: { cpuCores: 64, memoryMib: 64 * 1024 } });
});

afterEach(() => cluster.stop());

const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n }] };

async function project(id: string, quota: MessageInitShape<typeof QuotaSchema>): Promise<void> {
  const row = create(ProjectSchema, { id, name: id, quota });
  await cluster.control.db.transact((tx) => tx.insert(projects, row));
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );

function expectUsageIsTrue(): void {
  const { db } = cluster.control;
  const counted = countUsage(db.all(vmTable), db.all(volumes));
  for (const { id } of db.all(projects)) {
    expect(usageOf(db, id)).toEqual(counted.get(id) ?? usageOf(db, "no such project"));
  }
}

test("of 20 creates at once against a quota of 10 VMs, 10 are made", async () => {
  await project("a", { vms: 10 });
  const client = cluster.client(VMService);
  const asked = Array.from({ length: 20 }, (_, i) => ({ name: `vm-${i}`, projectId: "a", spec }));
  const answers = await Promise.all(asked.map((request) => reasonOf(client.createVM(request))));
  expect(answers.filter((answer) => answer === "ok")).toHaveLength(10);
  expect(answers.filter((answer) => answer === "QUOTA_EXCEEDED")).toHaveLength(10);
  expect((await client.listVMs({ projectId: "a" })).totalCount).toBe(10);
  await cluster.settle();
  expectUsageIsTrue();
});

test("growing is checked, also on a dry run; shrinking is not, and a deletion gives back", async () => {
  await project("a", { vcpus: 4, storageGib: 10n });
  const client = cluster.client(VMService);
  const { vm } = await client.createVM({ name: "web", projectId: "a", spec: { ...spec, cpu: { cores: 2 } } });
  const id = vm?.id ?? "";
  await cluster.settle();
  const cores = (n: number) => ({ id, spec: { cpu: { cores: n } }, updateMask: { paths: ["spec.cpu.cores"] } });
  expect(await reasonOf(client.updateVM({ ...cores(5), dryRun: true }))).toBe("QUOTA_EXCEEDED");
  expect(await reasonOf(client.updateVM(cores(4)))).toBe("ok");
  expect(await reasonOf(client.attachDisk({ vmId: id, disk: { sizeGib: 10n } }))).toBe("QUOTA_EXCEEDED");
  expect(await reasonOf(client.createVM({ name: "db", projectId: "a", spec, dryRun: true }))).toBe("QUOTA_EXCEEDED");
  const less = create(QuotaSchema, { vcpus: 1 });
  await cluster.control.db.transact((tx) => tx.update(projects, "a", (row) => void (row.quota = less)));
  expect(await reasonOf(client.updateVM(cores(3)))).toBe("ok");
  await cluster.settle();
  await client.deleteVM({ id });
  await cluster.settle();
  expectUsageIsTrue();
  // What is in the recycle bin takes room still.
  expect(usageOf(cluster.control.db, "a")).toMatchObject({ vms: 0, vcpus: 0, memoryMib: 0n, storageGib: 1n });
  await client.purgeVM({ id });
  await cluster.settle();
  expect(usageOf(cluster.control.db, "a")).toMatchObject({ storageGib: 0n });
});

test("the grants on a VM go with it", async () => {
  const { vm } = await cluster.client(VMService).createVM({ name: "web", spec });
  const id = vm?.id ?? "";
  await cluster.settle();
  await cluster.user("ada").allow("vm-user", { kind: "vm", id });
  await cluster.client(VMService).deleteVM({ id });
  await cluster.settle();
  expect(cluster.control.db.by(grants, "object", `vm/${id}`)).toEqual([]);
});

test("whatever is done to VMs, what a project uses is what its VMs are configured with", async () => {
  await project("a", { vms: 6, vcpus: 12, memoryMib: 4096n, storageGib: 20n });
  await project("b", {});
  const client = cluster.client(VMService);
  let made = 0;
  const which = fc.nat({ max: 20 });
  const operation = fc.oneof(
    fc.record({
      do: fc.constant("create" as const),
      in: fc.constantFrom("a", "b", "default"),
      n: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ do: fc.constantFrom("delete" as const, "release" as const, "adopt" as const, "disk" as const), which }),
    fc.record({ do: fc.constant("cores" as const), which, n: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ do: fc.constant("memory" as const), which, n: fc.integer({ min: 1, max: 6 }) }),
  );
  type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;
  const carryOut = async (one: Operation): Promise<unknown> => {
    if (one.do === "create") {
      return client.createVM({ name: `vm-${made++}`, projectId: one.in, spec: { ...spec, cpu: { cores: one.n } } });
    }
    const all = [...cluster.control.db.all(vmTable)];
    const vm = all[one.which % Math.max(1, all.length)];
    if (!vm) return undefined;
    const { id } = vm;
    if (one.do === "delete")
      return client.deleteVM({
        id,
        force: true,
        ...(one.which % 2 === 0 ? { keepFor: {} } : {}),
        deleteVolumes: one.which % 3 > 0,
      });
    if (one.do === "release") return client.deleteVM({ id, removeFromInventoryOnly: true });
    if (one.do === "adopt") return client.adoptVM({ id, projectId: "a" });
    if (one.do === "disk") return client.attachDisk({ vmId: id, disk: { sizeGib: 2n } });
    if (one.do === "cores") {
      return client.updateVM({ id, spec: { cpu: { cores: one.n } }, updateMask: { paths: ["spec.cpu.cores"] } });
    }
    if (one.do !== "memory") return undefined;
    const memory = { sizeMib: BigInt(one.n * 256) };
    return client.updateVM({ id, spec: { memory }, updateMask: { paths: ["spec.memory.size_mib"] } });
  };
  const steps = fc.array(operation, { minLength: 8, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (operations, settled) => {
      await Promise.all(operations.map((one) => reasonOf(carryOut(one))));
      if (settled) await cluster.settle();
      expectUsageIsTrue();
      const { vms, vcpus, memoryMib, storageGib } = usageOf(cluster.control.db, "a");
      expect(vms <= 6 && vcpus <= 12 && memoryMib <= 4096n && storageGib <= 20n).toBe(true);
    }),
    { numRuns: 15 },
  );
}, 60_000);
