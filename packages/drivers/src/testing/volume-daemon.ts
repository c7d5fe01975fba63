import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { writeSync } from "node:fs";
import { FilePool } from "../file-pool/file-pool.ts";
import { chooseOperation, type Model, perform, statesOf } from "./random-volumes.ts";

/**
 * Works on a pool at random until it is killed: `volume-daemon.ts ROOT MODEL`, with what is in the pool. Says on its
 * output what it begins, where its guest is, and what it did.
 */
const [, , root = "", given = "{}"] = process.argv;
const say = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`);
const any = (limit: number) => Math.floor(Math.random() * limit);

const pool = await FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog });
let model = JSON.parse(given) as Model;
say({ ready: true });
for (;;) {
  const choice = { kind: any(16), volume: any(1000), snapshot: any(1000), newId: newId() };
  const operation = chooseOperation(model, choice);
  say({ begins: operation });
  const done = await perform(pool, operation, (top) => say({ top }));
  say({ ended: done });
  if (done) model = statesOf(model, operation).at(-1) ?? model;
}
