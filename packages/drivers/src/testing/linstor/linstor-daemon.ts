import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { writeSync } from "node:fs";
import { LinstorPool } from "../../linstor/linstor-pool.ts";
import { chooseOperation, type Model, perform, statesOf } from "../random-volumes.ts";

/** Works on a pool at random until it is killed: `linstor-daemon.ts URL MODEL`. Says what it begins, and what it did. */
const [, , url = "", given = "{}"] = process.argv;
const say = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`);
const any = (limit: number) => Math.floor(Math.random() * limit);

const pool = await LinstorPool.open({
  pool: "0192e4a0-0000-7000-8000-000000000001",
  access: { controllers: [url], token: "" },
  group: "vms",
  node: "delta",
  host: "this-host",
  keyFiles: new Map(),
  clock: systemClock,
  log: silentLog,
});
let model = JSON.parse(given) as Model;
say({ ready: true });
for (;;) {
  const operation = chooseOperation(model, { kind: any(16), volume: any(1000), snapshot: any(1000), newId: newId() });
  // LINSTOR freezes a volume beneath its guest: there are no layers to switch to.
  if (operation.kind === "live-snapshot" || operation.kind === "live-delete") continue;
  say({ begins: operation });
  const done = await perform(pool, operation);
  say({ ended: done });
  if (done) model = statesOf(model, operation).at(-1) ?? model;
}
