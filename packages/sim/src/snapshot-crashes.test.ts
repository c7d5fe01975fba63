import { Code, ConnectError, type Client } from "@connectrpc/connect";
import {
  CloneVMRequest_CloneType as Type,
  fromConnectError,
  Reason,
  Snapshot_Phase as Phase,
  StoragePoolService,
  VMService,
  VmStatus_PowerState as State,
} from "@limiquantix/api";
import { snapshots as snapshotTable, vms as vmTable, volumes as volumeTable } from "@limiquantix/control";
import { drain } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";
import { randomOf, type Random } from "./testing/random.ts";

const ROUNDS = 12;

const victims = ["control plane", "node daemon", "libvirt"] as const;
type Victim = (typeof victims)[number];

test.each(victims.flatMap((victim) => [[victim, "layers"] as const, [victim, "beneath"] as const]))(
  "whenever the %s dies, what was on the disks at a snapshot (%s) can be gone back to, and nothing is left behind",
  async (victim, how) => {
    await using bench = await Bench.open(how);
    const { cluster, vms } = bench;
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomOf(`snapshots ${victim} ${how} ${round}`);
      const where = `${victim}, ${how}, round ${round}`;
      const vmId = await bench.made(`vm-${round}`);
      bench.write(vmId, `first ${round}`);
      const disarm = bench.arm(victim, random);
      const first = await bench.taken(vmId, "first", random() < 0.5);
      await bench.revive();
      bench.write(vmId, `second ${round}`);
      const second = await bench.taken(vmId, "second", false);
      await bench.revive();
      bench.write(vmId, `lost ${round}`);
      await bench.patiently(() =>
        vms.revertToSnapshot({ vmId, snapshotId: first, startAfterRevert: true, idempotencyKey: `back-${round}` }),
      );
      // The host may have done it, or not yet.
      const clone = await bench.patiently(() =>
        vms.cloneVM({
          sourceVmId: vmId,
          name: `clone-${round}`,
          snapshotId: second,
          cloneType: random() < 0.5 ? Type.LINKED : Type.FULL,
          idempotencyKey: `clone-${round}`,
        }),
      );
      const copy = await bench.patiently(() =>
        vms.cloneVM({ sourceVmId: vmId, name: `copy-${round}`, idempotencyKey: `copy-${round}` }),
      );
      await cluster.clock.advance(Math.floor(random() * 1500));
      await bench.revive();
      disarm();
      await bench.revive();
      expect(leftovers(cluster), where).toEqual([]);
      const cloneId = clone.vm?.id ?? "";
      expect(bench.read(vmId), where).toBe(`first ${round}`);
      expect(bench.read(cloneId), where).toBe(`second ${round}`);
      expect(bench.read(copy.vm?.id ?? ""), where).toBe(`first ${round}`);
      expect((await vms.getVM({ id: vmId })).status?.state, where).toBe(State.RUNNING);
      const rows = cluster.control.db.by(snapshotTable, "vm", vmId);
      expect(
        rows.map(({ name, phase }) => [name, phase]),
        where,
      ).toEqual([
        ["first", Phase.READY],
        ["second", Phase.READY],
      ]);

      const again = bench.arm(victim, random);
      await bench.removed(cloneId);
      await bench.removed(copy.vm?.id ?? "");
      // Held until the clone is gone for good.
      await bench.patiently(() => vms.deleteSnapshot({ vmId, snapshotId: second, idempotencyKey: `drop-${round}` }));
      // A branch before what it grows from, so that nothing is left that no name stands for.
      await bench.revive();
      await bench.patiently(() => vms.deleteSnapshot({ vmId, snapshotId: first, idempotencyKey: `drop1-${round}` }));
      again();
      await bench.revive();
      expect([bench.read(vmId), leftovers(cluster)], where).toEqual([`first ${round}`, []]);
      expect([...cluster.control.db.all(snapshotTable)], where).toEqual([]);
      expect(bench.layers(), where).toEqual([[1, 0]]);
      await bench.removed(vmId);
      await bench.revive();
      expect([...cluster.control.db.all(volumeTable)], where).toEqual([]);
      expect([bench.layers(), bench.memory()], where).toEqual([[], 0]);
    }
  },
  180_000,
);

test.each(victims)(
  "whenever the %s dies, a VM in the recycle bin comes back whole or goes for good",
  async (victim) => {
    await using bench = await Bench.open("layers");
    const { cluster, vms } = bench;
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomOf(`bin ${victim} ${round}`);
      const where = `${victim}, round ${round}`;
      const [kept, purged] = [await bench.made(`kept-${round}`), await bench.made(`purged-${round}`)];
      bench.write(kept, `kept ${round}`);
      await bench.taken(kept, "one", true);
      await bench.taken(purged, "one", true);
      await bench.revive();
      const disarm = bench.arm(victim, random);
      for (const id of [kept, purged]) {
        await bench.patiently(() => vms.deleteVM({ id, force: true, idempotencyKey: `bin-${id}` }));
      }
      await bench.patiently(() => vms.restoreVM({ id: kept, idempotencyKey: `restore-${kept}` }));
      await bench.patiently(() => vms.purgeVM({ id: purged, idempotencyKey: `purge-${purged}` }));
      disarm();
      await bench.revive();
      expect([bench.read(kept), leftovers(cluster)], where).toEqual([`kept ${round}`, []]);
      expect(cluster.control.db.by(snapshotTable, "vm", kept), where).toHaveLength(1);
      await bench.removed(kept);
      await bench.revive();
      expect([bench.layers(), bench.memory(), leftovers(cluster)], where).toEqual([[], 0, []]);
      expect([...cluster.control.db.all(snapshotTable)], where).toEqual([]);
    }
  },
  400_000,
);

/** A cluster of one host, and what is done to it. */
class Bench implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly vms: Client<typeof VMService>;
  readonly #poolId: string;

  private constructor(cluster: Cluster, poolId: string) {
    this.cluster = cluster;
    this.vms = cluster.client(VMService);
    this.#poolId = poolId;
  }

  static async open(how: "layers" | "beneath"): Promise<Bench> {
    const cluster = await createCluster({ nodes: 1 });
    if (how === "layers") return new Bench(cluster, "");
    const { pool } = await cluster.client(StoragePoolService).createPool({
      name: "ceph",
      spec: {
        assignedNodeIds: [cluster.host(0).nodeId],
        config: { case: "rbd", value: { monitors: ["a:6789"], pool: "rbd" } },
      },
    });
    await cluster.settle();
    return new Bench(cluster, pool?.id ?? "");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cluster.stop();
  }

  async made(name: string): Promise<string> {
    const { vm } = await this.vms.createVM({
      name,
      startOnCreate: true,
      spec: { cpu: { cores: 1 }, memory: { sizeMib: 512n }, disks: [{ sizeGib: 1n, storagePoolId: this.#poolId }] },
    });
    await this.cluster.settle();
    return vm?.id ?? "";
  }

  async taken(vmId: string, name: string, includeMemory: boolean): Promise<string> {
    const request = { vmId, name, includeMemory, idempotencyKey: `${name}-${vmId}` };
    const { snapshot } = await this.patiently(() => this.vms.createSnapshot(request));
    return snapshot?.id ?? "";
  }

  async removed(id: string): Promise<void> {
    const request = { id, force: true, keepFor: { seconds: 0n }, idempotencyKey: `delete-${id}` };
    await this.patiently(() => this.vms.deleteVM(request));
  }

  /** Kills the victim at two random steps, and brings it back a little later. Answers how to stop that. */
  arm(victim: Victim, random: Random): () => void {
    const { cluster } = this;
    const { host } = cluster.host(0);
    const at = new Set([Math.floor(random() * 60), Math.floor(random() * 120)]);
    let steps = 0;
    const later = (revival: () => void) => cluster.clock.after(200 + random() * 2000, revival, { background: true });
    const step = (kill: () => void) => () => {
      if (at.has(steps++)) kill();
    };
    if (victim === "control plane") {
      cluster.control.onStep = step(() => {
        cluster.control.kill();
        later(() => void cluster.control.start());
      });
    } else {
      host.onStep = step(() => {
        if (victim === "libvirt") return cluster.host(0).restartLibvirt({ downMs: 200 + random() * 2000 });
        cluster.host(0).killDaemon();
        later(() => void cluster.host(0).startDaemon());
      });
    }
    return () => {
      cluster.control.onStep = () => {};
      host.onStep = () => {};
    };
  }

  /** All that was asked for is done, whoever has to come back first. */
  async revive(): Promise<void> {
    const { cluster } = this;
    await cluster.until(() => cluster.control.up && cluster.host(0).daemon.up);
    await cluster.settle();
  }

  write(vmId: string, value: string): void {
    this.cluster.host(0).host.write(vmId, this.#disk(vmId).id, 0, value);
  }

  read(vmId: string): string | undefined {
    const content = this.#volumes().get(this.#disk(vmId).volumeId)?.content ?? "";
    return / 0=(.*)$/.exec(content)?.[1];
  }

  /** Of each volume: files, and snapshots. */
  layers(): [number, number][] {
    return [...this.#volumes().values()].map(({ layers, snapshots }) => [layers.size, snapshots.size]);
  }

  memory(): number {
    return this.cluster.host(0).host.storage.memory.size;
  }

  #volumes() {
    const { host } = this.cluster.host(0);
    return this.#poolId ? (this.cluster.storages.get(this.#poolId)?.volumes ?? new Map()) : host.volumes;
  }

  #disk(vmId: string) {
    const [disk] = this.cluster.control.db.get(vmTable, vmId).spec?.disks ?? [];
    if (!disk) throw new Error(`VM ${vmId} has no disk`);
    return disk;
  }

  /** As a client does it: the same request under the same key until there is an answer; time goes on meanwhile. */
  async patiently<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await call();
      } catch (error) {
        const passing = [Code.Unavailable, Code.FailedPrecondition, Code.Aborted, Code.ResourceExhausted];
        if (!passing.includes(ConnectError.from(error).code) || tries > 400) throw error;
        if (fromConnectError(error).reason === Reason.VM_BEING_DELETED) throw error;
        await drain();
        await this.cluster.clock.advance(250);
      }
    }
  }
}
