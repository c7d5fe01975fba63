import { create } from "@bufbuild/protobuf";
import { ImageSpec_Format, isProblem, LinstorConfigSchema, Reason, StoragePoolSpecSchema } from "@limiquantix/api";
import { MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootableDisk, bootGuest } from "../testing/boot-guest.ts";
import { openLinstor } from "../testing/linstor/linstor-fixture.ts";
import { LinstorServer } from "../testing/linstor/linstor-server.ts";
import { QemuIoSession } from "../testing/qemu-io-session.ts";
import { qcow2File, writeDisk } from "../testing/qemu-io.ts";
import { type Model, observe, type Operation, perform, statesOf } from "../testing/random-volumes.ts";
import { LinstorOpener } from "./linstor-opener.ts";

const ROUNDS = 5;
const daemon = join(import.meta.dirname, "../testing/linstor/linstor-daemon.ts");

describe("LinstorPool", () => {
  let server: LinstorServer;

  beforeEach(async () => {
    server = await LinstorServer.start();
  });

  afterEach(() => server[Symbol.asyncDispose]());

  const request = (volumeId: string, sizeBytes = 8 * MIB) => ({
    volumeId,
    sizeBytes,
    thick: false,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const reasonOf = async (call: Promise<unknown>) => {
    const error: unknown = await call.then(
      () => undefined,
      (error: unknown) => error,
    );
    return isProblem(error)
      ? { reason: error.reason, said: error.message }
      : { reason: undefined, said: String(error) };
  };
  const definitionOf = (volumeId: string) => server.cluster.definitions.get(`lqx-${volumeId}`);
  const nodesOf = (volumeId: string) =>
    [...(definitionOf(volumeId)?.resources ?? [])].map(
      ([node, { flags }]) => `${node}${flags.includes("TIE_BREAKER") ? " (tie breaker)" : ""}`,
    );

  it("says that it was never tried for real", async () => {
    expect((await openLinstor(server)).capabilities.note).toMatch(/experimental/);
  });

  it("is opened by what the control plane says, as the node that has this host's name", async () => {
    const host = { host: "this-host", keyFiles: new Map(), clock: systemClock, log: silentLog };
    const value = create(LinstorConfigSchema, { controllers: [server.url], resourceGroup: "vms" });
    const spec = create(StoragePoolSpecSchema, { config: { case: "linstor", value } });
    const open = () => new LinstorOpener(host).open(newId(), spec);
    const unknown = await reasonOf(open());
    expect(unknown.reason).toBe(Reason.POOL_UNAVAILABLE);
    expect(unknown.said).toContain("which knows alpha, bravo, charlie, delta");
    server.cluster.nodes[2]!.name = hostname();
    const [pool, volumeId] = [await open(), newId()];
    await pool.ensureVolume(request(volumeId));
    expect(await pool.attach(volumeId)).toMatchObject({ kind: "block", path: expect.stringContaining(hostname()) });
  });

  it("places as the group says, reaches it over the network, and leaves LINSTOR its tie breaker", async () => {
    const pool = await openLinstor(server);
    const volumeId = newId();
    await pool.ensureVolume(request(volumeId));
    expect(nodesOf(volumeId)).toEqual(["alpha", "bravo", "charlie (tie breaker)"]);
    await pool.attach(volumeId);
    expect(nodesOf(volumeId)).toEqual(["alpha", "bravo", "delta"]);
    // Deleted once it stays as the tie breaker; deleted twice the volume would have none any more.
    for (let i = 0; i < 2; i++) {
      await pool.detach(volumeId);
      expect(nodesOf(volumeId)).toEqual(["alpha", "bravo", "delta (tie breaker)"]);
    }
    await pool.attach(volumeId);
    expect(nodesOf(volumeId)).toEqual(["alpha", "bravo", "delta"]);
    const props = definitionOf(volumeId)?.props;
    expect(props?.["DrbdOptions/Net/allow-two-primaries"]).toBe("no");
    expect(props?.["DrbdOptions/auto-add-quorum-tiebreaker"]).toBeUndefined();
  });

  it("goes away from a node that no tie breaker is needed on", async () => {
    server.cluster.groups.set("vms", { place_count: 1, storage_pool_list: ["vms"] });
    const pool = await openLinstor(server);
    const volumeId = newId();
    await pool.ensureVolume(request(volumeId));
    await pool.attach(volumeId);
    expect(nodesOf(volumeId)).toEqual(["alpha", "delta"]);
    await pool.detach(volumeId);
    expect(nodesOf(volumeId)).toEqual(["alpha"]);
  });

  it("is exactly as large as asked until it grows, and so is what is restored from it", async () => {
    const pool = await openLinstor(server);
    const [volumeId, snapshotId] = [newId(), newId()];
    const isExact = (id: string) => definitionOf(id)?.props["DrbdOptions/ExactSize"] === "True";
    await pool.ensureVolume(request(volumeId));
    await pool.snapshots?.create(volumeId, snapshotId);
    const clone = async () => {
      const { volumeId: made } = await pool.ensureVolume({
        ...request(newId()),
        from: { kind: "linked", volumeId, snapshotId },
      });
      return made;
    };
    expect([isExact(volumeId), isExact(await clone())]).toEqual([true, true]);
    await pool.growVolume(volumeId, 16 * MIB);
    expect([isExact(volumeId), isExact(await clone())]).toEqual([false, false]);
  });

  it("leaves a replica that is here where it is", async () => {
    const pool = await openLinstor(server, { node: "alpha" });
    const volumeId = newId();
    await pool.ensureVolume(request(volumeId));
    await pool.attach(volumeId);
    await pool.detach(volumeId);
    expect(nodesOf(volumeId)).toEqual(["alpha", "bravo", "charlie (tie breaker)"]);
  });

  it("a guest boots from a volume, and from a linked clone of its snapshot", async () => {
    const pool = await openLinstor(server);
    const [volumeId, snapshotId, clone] = [newId(), newId(), newId()];
    await pool.ensureVolume(request(volumeId));
    const source = await pool.attach(volumeId);
    await writeDisk(source, 0, bootableDisk("the first"));
    await pool.snapshots?.create(volumeId, snapshotId);
    await writeDisk(source, 0, bootableDisk("later"));
    await pool.ensureVolume({ ...request(clone), from: { kind: "linked", volumeId, snapshotId } });
    expect(await bootGuest(source, "")).toContain("later");
    expect(await bootGuest(await pool.attach(clone), "")).toContain("the first");
  });

  it("what a guest has open on another host is not attached, reverted, copied or deleted", async () => {
    const [here, there] = [await openLinstor(server), await openLinstor(server, { node: "bravo", host: "that-host" })];
    const [volumeId, snapshotId] = [newId(), newId()];
    await here.ensureVolume(request(volumeId));
    await here.snapshots?.create(volumeId, snapshotId);
    const source = await here.attach(volumeId);
    const guest = QemuIoSession.start(server.cluster.directory, "/dev/null");
    await guest.hold(source);
    try {
      expect((await reasonOf(there.attach(volumeId))).reason).toBe(Reason.VM_LOCKED_ELSEWHERE);
      for (const pool of [here, there]) {
        expect((await reasonOf(pool.deleteVolume(volumeId))).reason).toBe(Reason.IN_USE);
        expect((await reasonOf(pool.snapshots!.revert(volumeId, snapshotId))).reason).toBe(Reason.IN_USE);
        const copy = { ...request(newId()), from: { kind: "volume", volumeId } as const };
        expect((await reasonOf(pool.ensureVolume(copy))).reason).toBe(Reason.IN_USE);
      }
      expect((await reasonOf(here.detach(volumeId))).reason).toBe(Reason.IN_USE);
    } finally {
      await guest[Symbol.asyncDispose]();
    }
    await here.detach(volumeId);
    await there.attach(volumeId);
    await there.deleteVolume(volumeId);
    await server.idle();
    expect(server.cluster.definitions.size).toBe(0);
  });

  it("two hosts that need the same image at once copy it once, and leave each other's attempts alone", async () => {
    const path = join(server.cluster.directory, "image.qcow2");
    await writeFile(path, await qcow2File(4 * MIB, bootableDisk("image")));
    const shape = { format: ImageSpec_Format.QCOW2, sizeBytes: 0, virtualSizeBytes: 4 * MIB, sha256: "" };
    const image = { imageId: newId(), path, ...shape };
    const pools = [await openLinstor(server), await openLinstor(server, { node: "alpha", host: "that-host" })];
    const made = pools.map((pool) => pool.ensureVolume({ ...request(newId()), from: { kind: "image", image } }));
    await openLinstor(server, { node: "bravo", host: "third-host" });
    for (const { imageId } of await Promise.all(made)) expect(imageId).toBe(image.imageId);
    expect(server.calls.filter((call) => call.endsWith(`lqx-img-${image.imageId}/autoplace`))).toHaveLength(1);
  });

  it("passes on what LINSTOR says, and leaves nothing", async () => {
    const pool = await openLinstor(server);
    const results = [{ code: 998, message: "Failed to initialize the volume. Look at the error report." }];
    server.fault = (_, path) => (path.endsWith("/autoplace") ? { status: 500, results } : undefined);
    const refused = await reasonOf(pool.ensureVolume(request(newId())));
    expect(refused.reason).toBe(Reason.STORAGE_REFUSED);
    expect(refused.said).toContain("Look at the error report.");
    await server.idle();
    expect(server.cluster.definitions.size).toBe(0);
  });

  it("any call whose answer is lost can be done again", { timeout: 120_000 }, async () => {
    const pool = await openLinstor(server);
    const [volumeId, snapshotId, copy, clone] = [newId(), newId(), newId(), newId()];
    const stepsOf = () => [
      () => pool.ensureVolume(request(volumeId)),
      () => pool.snapshots?.create(volumeId, snapshotId),
      () => pool.growVolume(volumeId, 16 * MIB),
      () => pool.ensureVolume({ ...request(copy, 16 * MIB), from: { kind: "volume", volumeId } }),
      () => pool.ensureVolume({ ...request(clone), from: { kind: "linked", volumeId, snapshotId } }),
      () => pool.snapshots?.revert(volumeId, snapshotId),
      () => pool.deleteVolume(clone),
      () =>
        pool.snapshots?.delete(volumeId, snapshotId, { signal: new AbortController().signal, onProgress: () => {} }),
      () => pool.deleteVolume(volumeId),
      () => pool.deleteVolume(copy),
    ];
    for (const [index, step] of stepsOf().entries()) {
      // The first change of the step, then the second, and so on.
      for (let lost = 1; ; lost++) {
        let changes = 0;
        let isLost = false;
        server.fault = (method) => {
          if (method === "GET" || isLost || ++changes < lost) return undefined;
          isLost = true;
          return lost % 2 === 0 ? "lost" : "done-and-lost";
        };
        const error: unknown = await Promise.resolve(step()).catch((error: unknown) => error);
        if (error instanceof Error) expect(isProblem(error, Reason.POOL_UNAVAILABLE), `${index}: ${error}`).toBe(true);
        if (!isLost) break;
      }
    }
    await server.idle();
    expect([...server.cluster.definitions.keys()]).toEqual([]);
  });

  it("a controller that is away, or has no such group, is no pool", async () => {
    server.token = "secret";
    const open = openLinstor(server);
    await open;
    server.cluster.groups.clear();
    expect((await reasonOf(openLinstor(server))).said).toContain("no resource group vms");
    await server[Symbol.asyncDispose]();
    const { reason, said } = await reasonOf((await open).listVolumes());
    expect(reason).toBe(Reason.POOL_UNAVAILABLE);
    expect(said).toContain("no LINSTOR controller answers");
  });

  it("loses nothing, and leaves nothing, when the daemon is killed again and again", { timeout: 300_000 }, async () => {
    let model: Model = {};
    let [operations, cuts] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const cut = await killedDaemon(server, model);
      operations += cut.operations;
      if (cut.operation) cuts++;
      await server.idle();
      const pool = await openLinstor(server);
      const seen = await observe(pool, newId);
      expect(possibleStates(cut, seen), JSON.stringify(cut.operation)).toContainEqual(seen);
      await assertNothingLeft(server, seen);
      model = seen;
      // What was cut off can be done again.
      if (cut.operation && JSON.stringify(seen) === JSON.stringify(cut.model) && (await perform(pool, cut.operation)))
        model = statesOf(model, cut.operation).at(-1) ?? model;
    }
    expect(operations).toBeGreaterThan(3);
    expect(cuts).toBeGreaterThan(2);
    const pool = await openLinstor(server);
    expect(await observe(pool, newId)).toEqual(model);
    for (let left = await pool.listVolumes(); left.length > 0; left = await pool.listVolumes())
      for (const { volumeId } of left) await perform(pool, { kind: "delete", volumeId });
    await server.idle();
    expect([...server.cluster.definitions.keys()]).toEqual([]);
  });
});

/** LINSTOR deletes nothing that has snapshots: those of a volume go before it. */
function possibleStates(
  { model, operation }: { model: Model; operation: Operation | undefined },
  seen: Model,
): Model[] {
  if (!operation) return [model];
  const { volumeId } = operation;
  const [before, left] = [model[volumeId], seen[volumeId]];
  const states = statesOf(model, operation);
  if (operation.kind !== "delete" || !before || !left) return states;
  const snapshots = Object.fromEntries(Object.entries(before.snapshots).filter(([id]) => id in left.snapshots));
  return [...states, { ...model, [volumeId]: { ...before, snapshots } }];
}

/** Every definition is a volume's, and those before the last one have snapshots. */
async function assertNothingLeft(server: LinstorServer, model: Model): Promise<void> {
  await server.idle();
  for (const { name, props, snapshots } of server.cluster.definitions.values()) {
    expect(Object.keys(model)).toContain(name.slice(4, 40));
    expect(props["Aux/limiquantix/complete"]).toBe(name);
    const later = [...server.cluster.definitions.keys()].some((other) => turnOf(other, name) > turnOf(name, name));
    if (later) expect(snapshots.size, name).toBeGreaterThan(0);
  }
}

function turnOf(name: string, of: string): number {
  return name.slice(0, 40) === of.slice(0, 40) ? Number(name.slice(42) || 0) : -1;
}

/** Lets a daemon work on the pool and kills it at one of its calls, which is carried out; answers what it was at then. */
async function killedDaemon(server: LinstorServer, before: Model) {
  const cut: { model: Model; operation: Operation | undefined; operations: number } = {
    model: before,
    operation: undefined,
    operations: 0,
  };
  const child = spawn(process.execPath, [daemon, server.url, JSON.stringify(before)], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the daemon did not start");
  const closed = once(child, "close");
  let callsLeft = Number.POSITIVE_INFINITY;
  server.fault = () => {
    // With what it started.
    if (--callsLeft === 0) process.kill(-pid, "SIGKILL");
    return undefined;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { ready?: true; begins?: Operation; ended?: boolean };
    if (said.ready) callsLeft = 20 + Math.floor(Math.random() * 60);
    if (said.begins) cut.operation = said.begins;
    if (said.ended !== undefined) {
      if (said.ended && cut.operation) cut.model = statesOf(cut.model, cut.operation).at(-1) ?? cut.model;
      Object.assign(cut, { operation: undefined, operations: cut.operations + 1 });
    }
  }
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  return cut;
}
