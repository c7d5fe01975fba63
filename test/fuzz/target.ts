import { createRouterTransport } from "@connectrpc/connect";
import { Node_Phase, problem, Reason } from "@limiquantix/api";
import { allTables, createControlPlane, MemoryStore, nodes, openDatabase } from "@limiquantix/control";
import { systemClock, type Log } from "@limiquantix/kit";
import { SimDaemon, SimHost } from "@limiquantix/sim";
import { readConfig } from "../../apps/controlplane/src/config.ts";
import { serve } from "../../apps/controlplane/src/serve.ts";

/**
 * What is fuzzed: the control plane with a simulated host behind its real HTTP edge, as a process of its own. It tells
 * its port when it is ready, and its memory when asked; what it logs as an error goes to stderr.
 */
const log: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (message, fields) => console.error(message, fields),
  child: () => log,
};
const store = new MemoryStore();
const db = await openDatabase({ store, tables: allTables, clock: systemClock, log });
const config = readConfig(["--dev", "--listen", "127.0.0.1:0"], {});
if (typeof config === "string") throw new Error("the flags above are complete");
const daemons = new Map<string, SimDaemon>();
const control = createControlPlane({
  db,
  clock: systemClock,
  log,
  dialer: (node) => {
    const daemon = daemons.get(node.spec?.agent?.endpoint ?? "");
    if (!daemon) throw new Error(`${node.hostname} is no host of this test`);
    return daemon.transport();
  },
  passwordHasher: {
    hash: async (password) => `plain:${password}`,
    verify: async (hash, password) => hash === `plain:${password}`,
  },
  // Nothing is fetched from anywhere.
  fetcher: {
    text: async (url) => {
      throw problem(Reason.IMAGE_DOWNLOAD_FAILED, { url, cause: "there is no internet" });
    },
  },
  system: { version: "fuzz", store: store.name, dev: true },
});
await control.start();
const shutdown = new AbortController();
const { plain } = await serve({
  config,
  tls: undefined,
  control,
  db,
  log,
  version: "fuzz",
  ready: async () => true,
  shutdown: shutdown.signal,
});

const controlPlane = createRouterTransport((router) => control.routes(router), {
  router: { interceptors: control.interceptors },
});
const host = new SimHost({
  name: "host-1",
  clock: systemClock,
  size: { cpuCores: 64, memoryMib: 262_144, poolBytes: 1e13 },
  locks: new Map(),
});
const daemon = new SimDaemon(host, { clock: systemClock, log, controlPlane });
daemons.set(daemon.endpoint, daemon);
await daemon.start();
while (![...db.all(nodes)].some((node) => node.status?.phase === Node_Phase.READY)) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

process.on("message", () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.send?.({ heapBytes: heapUsed, rssBytes: rss });
});
process.send?.({ port: plain.port });
