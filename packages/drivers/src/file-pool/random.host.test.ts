import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseOperation, type Model, observe, type Operation, perform, statesOf } from "../testing/random-volumes.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import type { Chain } from "./chain.ts";
import { FilePool } from "./file-pool.ts";

const ROUNDS = 12;
const run = promisify(execFile);
const daemon = join(import.meta.dirname, "../testing/volume-daemon.ts");
const open = (root: string) => FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog });

/** Every file is one that a chain knows, is sound, and nothing is half-made. */
async function assertNothingLeft(root: string): Promise<void> {
  const volumes = join(root, "volumes");
  const names = new Set(await readdir(volumes));
  for (const name of names) {
    if (name.endsWith(".json")) continue;
    const [id, layer] = name.split(".");
    const number = layer === "qcow2" ? 0 : Number(layer);
    if (names.has(`${id}.json`)) {
      const chain = JSON.parse(await readFile(join(volumes, `${id}.json`), "utf8")) as Chain;
      expect(chain.layers.map((one) => one.number)).toContain(number);
      expect(chain.step).toBeUndefined();
    } else expect(name).toBe(`${id}.qcow2`);
    // Leaked clusters are room that is lost, 3; everything else is damage.
    expect([0, 3], name).toContain(await exitCode("qemu-img", ["check", "-q", "-f", "qcow2", join(volumes, name)]));
  }
}

async function exitCode(program: string, args: string[]): Promise<number> {
  try {
    await run(program, args);
    return 0;
  } catch (error) {
    return (error as { code: number }).code;
  }
}

async function deleteAll(pool: FilePool, root: string): Promise<void> {
  for (let left = await pool.listVolumes(); left.length > 0; left = await pool.listVolumes()) {
    let gone = 0;
    for (const { volumeId } of left) if (await perform(pool, { kind: "delete", volumeId })) gone++;
    expect(gone).toBeGreaterThan(0);
  }
  expect(await readdir(join(root, "volumes"))).toEqual([]);
}

describe("FilePool", () => {
  it("has the bytes of the model after whatever is done to it", async () => {
    const number = fc.nat(10_000);
    const choices = fc.array(fc.record({ kind: number, volume: number, snapshot: number, reopens: fc.boolean() }), {
      minLength: 12,
      maxLength: 24,
    });
    await fc.assert(
      fc.asyncProperty(choices, async (list) => {
        const root = await temporaryDirectory();
        let pool = await open(root);
        let model: Model = {};
        for (const choice of list) {
          const operation = chooseOperation(model, { ...choice, newId: newId() });
          if (await perform(pool, operation)) model = statesOf(model, operation).at(-1) ?? model;
          if (choice.reopens) pool = await open(root);
        }
        expect(await observe(pool, newId)).toEqual(model);
        await assertNothingLeft(root);
        await deleteAll(pool, root);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it("loses nothing, and leaves nothing, when the daemon is killed again and again", { timeout: 600_000 }, async () => {
    const root = await temporaryDirectory();
    let model: Model = {};
    let [operations, cuts] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const cut = await killedDaemon(root, model);
      operations += cut.operations;
      if (cut.operation) cuts++;
      const pool = await open(root);
      // The guest's definition is told first.
      if (cut.operation && cut.top !== undefined) await pool.snapshots.layers.settle(cut.operation.volumeId, cut.top);
      const seen = await observe(pool, newId);
      const possible = cut.operation ? statesOf(cut.model, cut.operation) : [cut.model];
      expect(possible, JSON.stringify(cut.operation)).toContainEqual(seen);
      await assertNothingLeft(root);
      model = seen;
      // What was cut off can be done again.
      if (cut.operation && JSON.stringify(seen) === JSON.stringify(cut.model) && (await perform(pool, cut.operation)))
        model = statesOf(model, cut.operation).at(-1) ?? model;
    }
    expect(operations).toBeGreaterThan(10);
    expect(cuts).toBeGreaterThan(4);
    const pool = await open(root);
    expect(await observe(pool, newId)).toEqual(model);
    await deleteAll(pool, root);
  });
});

/** Lets a daemon work on the pool and kills it at some moment; answers what it was at then. */
async function killedDaemon(root: string, before: Model) {
  const cut: { model: Model; operation: Operation | undefined; top: string | undefined; operations: number } = {
    model: before,
    operation: undefined,
    top: undefined,
    operations: 0,
  };
  const child = spawn(process.execPath, [daemon, root, JSON.stringify(before)], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the daemon did not start");
  const closed = once(child, "close");
  // With what it started: they die with it anyhow, but a moment later.
  const kill = () => process.kill(-pid, "SIGKILL");
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { ready?: true; begins?: Operation; top?: string; ended?: boolean };
    if (said.ready) setTimeout(kill, 20 + Math.random() * 1500);
    if (said.begins) Object.assign(cut, { operation: said.begins, top: undefined });
    if (said.top !== undefined) cut.top = said.top;
    if (said.ended !== undefined) {
      if (said.ended && cut.operation) cut.model = statesOf(cut.model, cut.operation).at(-1) ?? cut.model;
      Object.assign(cut, { operation: undefined, top: undefined, operations: cut.operations + 1 });
    }
  }
  await closed;
  return cut;
}
