import { readFile } from "node:fs/promises";
import { Node_Phase, openApiDocument, publicServices } from "@limiquantix/api";
import { grpcHealth, grpcReflection, Health, ServerReflection } from "@limiquantix/api/grpc";
import { nodes, type ControlPlane, type Database } from "@limiquantix/control";
import { systemClock, type Log } from "@limiquantix/kit";
import type { Config } from "./config.ts";
import { consoleSocket } from "./http/console-socket.ts";
import { listen, type Listening } from "./http/listen.ts";
import { callerInterceptor, rateGate, strangersInterceptor } from "./http/rate-interceptors.ts";
import { RateLimits } from "./http/rate-limit.ts";
import { routes } from "./http/routes.ts";
import { rpcHandler } from "./http/rpc-handler.ts";
import { Metrics } from "./metrics.ts";

export interface Served {
  config: Config;
  control: ControlPlane;
  db: Database;
  log: Log;
  version: string;
  /** Started, not being stopped, and the store answers. */
  ready: () => Promise<boolean>;
  /** Aborts streams and consoles at the end. */
  shutdown: AbortSignal;
}

/** Puts the control plane on its port, with all that stands beside the RPCs. */
export async function serve({ config, control, db, log, version, ready, shutdown }: Served): Promise<Listening> {
  const metrics = new Metrics(db);
  const services = [...publicServices, Health, ServerReflection];
  const limits = new RateLimits(config.rates);
  const rpc = rpcHandler({
    routes(router) {
      control.routes(router);
      router.service(Health, grpcHealth({ services, ready, clock: systemClock }));
      router.service(ServerReflection, grpcReflection(services));
    },
    interceptors: [
      metrics.interceptor,
      strangersInterceptor(limits),
      ...control.interceptors,
      callerInterceptor(limits),
    ],
    gate: rateGate(limits),
    log,
    shutdown,
  });
  // Made when first asked for: the start is not the time for it.
  let openapi: string | undefined;
  const handle = routes({
    rpc,
    version,
    ready,
    hostsReady: () => [...db.all(nodes)].filter((node) => node.status?.phase === Node_Phase.READY).length,
    metrics: () => metrics.read(),
    openapi: () => (openapi ??= JSON.stringify(openApiDocument({ services: publicServices, version }))),
    authenticate: (request) => control.authenticate(request),
    admit: (request) => limits.admit(request),
    tls: config.tls !== undefined,
    log,
  });
  const upgrade = consoleSocket({
    openConsole: (ticket) => control.openConsole(ticket),
    admit: (address) => limits.stranger(address),
    log,
    shutdown,
  });
  return listen({ ...config.listen, tls: await readTls(config), handle, upgrade });
}

async function readTls({ tls }: Config): Promise<{ cert: string; key: string } | undefined> {
  if (!tls) return undefined;
  return { cert: await readFile(tls.certFile, "utf8"), key: await readFile(tls.keyFile, "utf8") };
}
