import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CephLab } from "./testing/ceph.ts";
import { GuestLane, type GuestStorage } from "./testing/split-brain/guest-lane.ts";
import { cephGuests, directoryGuests } from "./testing/split-brain/guest-storage.ts";
import { cephStorage, directoryStorage } from "./testing/split-brain/lab-storage.ts";
import { Lane, newTally } from "./testing/split-brain/lane.ts";

/**
 * Two hosts are told to start the same VM on the same disk, 1,000 times. Writers are qemu-io, which takes the locks that
 * QEMU takes; hosts are the pools' real drivers, doing what the daemon does to start a guest. The proof is what is on the
 * disks afterwards (testing/split-brain/checker.ts).
 */
const rounds = { ceph: { lanes: 12, each: 8 }, directory: { lanes: 2, each: 442 } };
/** On each storage. */
const GUEST_ROUNDS = 10;

let ceph: CephLab;
let directory: string;

beforeAll(async () => {
  ceph = await CephLab.up();
  // Else half a minute; clients tell that they are alive every five seconds.
  await ceph.ceph("config", "set", "osd", "osd_client_watch_timeout", "11");
  directory = await mkdtemp(join(tmpdir(), "lqx-split-"));
});

afterAll(async () => {
  await ceph?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

describe("two hosts and one disk", () => {
  test("never two writers", { timeout: 900_000 }, async () => {
    const seed = Date.now() % 1_000_000;
    const tallies = { ceph: newTally(), directory: newTally() };
    const storage = { ceph: await cephStorage(ceph), directory: directoryStorage(directory) };
    const failures: string[] = [];
    let done = 0;
    const lane = async (kind: keyof typeof rounds, number: number) => {
      await using mine = await Lane.make(storage[kind], seeded(seed + number), tallies[kind]);
      for (let round = 0; round < rounds[kind].each && failures.length === 0; round++) {
        failures.push(...(await mine.round()).map((what) => `${what} (seed ${seed}, lane ${number}, round ${round})`));
        done++;
      }
      failures.push(...(await mine.check({ whole: true })));
    };
    const kinds = Object.keys(rounds) as (keyof typeof rounds)[];
    const lanes = kinds.flatMap((kind) => Array.from({ length: rounds[kind].lanes }, () => kind));
    await Promise.all(lanes.map(lane));
    console.log(JSON.stringify({ seed, done, ...tallies }));
    expect(failures).toEqual([]);
    // A run in which nothing happened proves nothing.
    for (const kind of kinds) {
      for (const [what, times] of Object.entries(tallies[kind])) {
        const never = kind === "directory" && (what === "took over" || what === "cut off");
        if (!never) expect(times, `${kind}: ${what}`).toBeGreaterThan(0);
      }
    }
  });

  test("never two writers, with daemons and guests", { timeout: 600_000 }, async () => {
    const lane = async (storage: GuestStorage) => {
      await using mine = await GuestLane.make(storage);
      for (let round = 0; round < GUEST_ROUNDS; round++) expect(await mine.round()).toEqual([]);
    };
    await Promise.all([cephGuests(ceph), directoryGuests(directory, ceph.disks)].map(lane));
  });
});

/** mulberry32, public domain, by Tommy Ettinger: a run that fails can be run again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
