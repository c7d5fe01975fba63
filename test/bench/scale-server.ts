import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRouterTransport } from "@connectrpc/connect";
import { Node_Phase } from "@limiquantix/api";
import { allTables, createControlPlane, nodes, openDatabase } from "@limiquantix/control";
import { silentLog, systemClock } from "@limiquantix/kit";
import { SimDaemon, SimHost } from "@limiquantix/sim";
import { SqliteStore } from "@limiquantix/store";
import { readConfig } from "../../apps/controlplane/src/config.ts";
import { serve } from "../../apps/controlplane/src/serve.ts";

/**
 * A control plane on SQLite with `hosts` simulated hosts that are registered and followed, as a process of its own:
 * scale-server.ts HOSTS. It prints its port when all hosts are joined. The hosts live in the same process, so what is
 * measured pays for them too.
 */
const hostCount = Number(process.argv[2]);
const directory = mkdtempSync(join(tmpdir(), "lqx-bench-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
process.on("SIGTERM", () => process.exit(0));

const store = await SqliteStore.open({ path: join(directory, "control.db") });
const db = await openDatabase({ store, tables: allTables, clock: systemClock, log: silentLog });
const daemons = new Map<string, SimDaemon>();
const config = readConfig(["--dev", "--listen", "127.0.0.1:0", "--log-level", "silent"], {});
if (typeof config === "string") throw new Error("the flags above are complete");
const control = createControlPlane({
  db,
  clock: systemClock,
  log: silentLog,
  dialer: (node) => {
    const daemon = daemons.get(node.spec?.agent?.endpoint ?? "");
    if (!daemon) throw new Error(`${node.hostname} is no host of this bench`);
    return daemon.transport();
  },
  passwordHasher: { hash: async () => "", verify: async () => false },
  system: { version: "bench", store: store.name, dev: true },
});
await control.start();
const shutdown = new AbortController();
const { plain } = await serve({
  tls: undefined,
  config,
  control,
  db,
  log: silentLog,
  version: "bench",
  ready: async () => true,
  shutdown: shutdown.signal,
});
const local = createRouterTransport((router) => control.routes(router), {
  router: { interceptors: control.interceptors },
});

const locks = new Map<string, string>();
for (let i = 0; i < hostCount; i++) {
  const host = new SimHost({
    name: `host-${i}`,
    clock: systemClock,
    size: { cpuCores: 64, memoryMib: 262_144, poolBytes: 1e13 },
    locks,
  });
  const daemon = new SimDaemon(host, { clock: systemClock, log: silentLog, controlPlane: local });
  daemons.set(daemon.endpoint, daemon);
  await daemon.start();
}
// A host that has joined takes VMs only once the control plane has seen it alive.
const ready = () => [...db.all(nodes)].filter((node) => node.status?.phase === Node_Phase.READY).length;
while (ready() < hostCount) await new Promise((resolve) => setTimeout(resolve, 50));
console.log(plain.port);
