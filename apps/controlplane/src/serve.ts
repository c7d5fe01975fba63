import { Node_Phase, openApiDocument, publicServices } from "@limiquantix/api";
import { grpcHealth, grpcReflection, Health, ServerReflection } from "@limiquantix/api/grpc";
import { nodes, type ControlPlane, type Database } from "@limiquantix/control";
import { systemClock, type Log } from "@limiquantix/kit";
import type { Config } from "./config.ts";
import { consoleSocket } from "./http/console-socket.ts";
import { dashboard } from "./http/dashboard.ts";
import { listen, type Listening, type TlsTerms } from "./http/listen.ts";
import { metricsRoute } from "./http/metrics.ts";
import { oidcCallback } from "./http/oidc-callback.ts";
import { callerInterceptor, rateGate, strangersInterceptor } from "./http/rate-interceptors.ts";
import { RateLimits } from "./http/rate-limit.ts";
import { routes } from "./http/routes.ts";
import { rpcHandler } from "./http/rpc-handler.ts";
import { imageUploads } from "./http/uploads.ts";
import { Metrics } from "./metrics.ts";

export interface Served {
  config: Config;
  /** Of the HTTPS port; undefined: there is none. */
  tls: TlsTerms | undefined;
  control: ControlPlane;
  db: Database;
  log: Log;
  version: string;
  /** Started, not being stopped, and the store answers. */
  ready: () => Promise<boolean>;
  /** Aborts streams and consoles at the end. */
  shutdown: AbortSignal;
}

/** The ports that it is on. */
export interface Ports extends AsyncDisposable {
  /** Cleartext, for this machine. */
  plain: Listening;
  https: Listening | undefined;
}

/** Puts the control plane on its ports, with all that stands beside the RPCs; both answer the same. */
export async function serve({ config, tls, control, db, log, version, ready, shutdown }: Served): Promise<Ports> {
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
  const upload = imageUploads({ handlers: rpc.handlers, log });
  // Made when first asked for: the start is not the time for it.
  let openapi: string | undefined;
  const { signOn } = control;
  const pages = dashboard(config.dashboardDirectory);
  const scrape = metricsRoute({
    admit: (request) => limits.admit(request),
    authenticate: (request) => control.authenticate(request),
    own: () => metrics.read(),
    objects: (access) => control.exposeMetrics(access),
  });
  const handle = (encrypted: boolean) =>
    routes({
      rpc: (path) => rpc.listener(path) ?? upload(path),
      version,
      ready,
      hostsReady: () => [...db.all(nodes)].filter((node) => node.status?.phase === Node_Phase.READY).length,
      metrics: scrape,
      openapi: () => (openapi ??= JSON.stringify(openApiDocument({ services: publicServices, version }))),
      admit: (request) => limits.admit(request),
      more: new Map(
        signOn ? [["/auth/oidc/callback", oidcCallback({ answer: (...told) => signOn.answerOidc(...told) })]] : [],
      ),
      dashboard: pages,
      tls: encrypted,
      log,
    });
  const upgrade = consoleSocket({
    openConsole: (ticket) => control.openConsole(ticket),
    admit: (address) => limits.stranger(address),
    log,
    shutdown,
  });
  const plain = await listen({ ...config.listen, tls: undefined, handle: handle(false), upgrade });
  const https =
    config.https && tls
      ? await listen({ ...config.https.listen, tls, handle: handle(true), upgrade }).catch(async (cause: unknown) => {
          await plain[Symbol.asyncDispose]();
          throw cause;
        })
      : undefined;
  return {
    plain,
    https,
    async [Symbol.asyncDispose]() {
      await Promise.all([plain[Symbol.asyncDispose](), https?.[Symbol.asyncDispose]()]);
    },
  };
}
