import { Code, ConnectError } from "@connectrpc/connect";
import {
  aesGcmSealer,
  allTables,
  createControlPlane,
  MemoryStore,
  openDatabase,
  type Store,
} from "@limiquantix/control";
import { LdapDirectory, OpenIdConnect } from "@limiquantix/sso";
import { SqliteStore } from "@limiquantix/store";
import { systemClock, type Log } from "@limiquantix/kit";
import { createLog } from "@limiquantix/log";
import packageJson from "../package.json" with { type: "json" };
import { announcement } from "./announcement.ts";
import { syslogSink } from "./audit-syslog.ts";
import { readConfig, usage, UsageError, type Config } from "./config.ts";
import { DataDirectory } from "./data-directory.ts";
import { prepareFirstStart } from "./first-start.ts";
import { metricsFile } from "./metrics-file.ts";
import { nodeDialer } from "./node-dialer.ts";
import { argon2Hasher } from "./password-hasher.ts";
import { prometheusApi } from "./prometheus-api.ts";
import { serve, type Ports } from "./serve.ts";
import { httpsUrl, publicHost } from "./tls/names.ts";
import { PortIdentity } from "./tls/port-identity.ts";
import { webSource } from "./tls/web-source.ts";

const { version } = packageJson;
/** Calls in progress get this long; what is not done then goes on after the next start. */
const shutdownMs = 15_000;

async function run(config: Config, log: Log): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  const directory = config.dataDirectory === undefined ? undefined : await DataDirectory.open(config.dataDirectory);
  await using store: Store = directory ? await SqliteStore.open({ path: directory.databaseFile }) : new MemoryStore();
  await using db = await openDatabase({ store, tables: allTables, clock: systemClock, log });
  let dial: ReturnType<typeof nodeDialer> | undefined;
  let ports: Ports | undefined;
  const { https } = config;
  const httpsPort = () => (https && ports?.https ? { host: publicHost(https), port: ports.https.port } : undefined);
  const control = createControlPlane({
    db,
    clock: systemClock,
    log,
    dialer: (node) => {
      if (!dial) throw new Error("a host was dialled before the start");
      return dial(node);
    },
    passwordHasher: argon2Hasher,
    sso: { directory: new LdapDirectory(), openId: new OpenIdConnect() },
    caKeyStore: directory?.caKeyStore,
    metricsFile: directory && metricsFile(directory.path),
    prometheus: config.prometheus && prometheusApi(config.prometheus),
    sealer: directory && aesGcmSealer(await directory.sealingKey()),
    auditSink: config.auditSyslog && syslogSink(config.auditSyslog),
    system: { version, store: store.name, dev: config.dev },
    certificateLifeMs: config.certificateLifeMs,
    hostUrl: () => {
      const port = httpsPort();
      return port ? httpsUrl(port.host, port.port) : "";
    },
    // A console is reached the way that one was asked for it.
    address: ({ tls }) => {
      const secure = tls ? httpsPort() : undefined;
      return secure ? { ...secure, tls: true } : { host: config.listen.host, port: ports?.plain.port ?? 0, tls: false };
    },
  });
  const { trust } = control;
  using identity = await PortIdentity.open({ trust, clock: systemClock, log });
  dial = nodeDialer({ identity: () => identity.own, certificates: trust, dev: config.dev });
  const tls =
    https && (await identity.terms(await webSource({ https, trust, files: directory, clock: systemClock, log })));

  let started = false;
  const shutdown = new AbortController();
  const storeAnswers = () =>
    store.revision().then(
      () => true,
      () => false,
    );
  const ready = async () => started && !stopping.signal.aborted && (await storeAnswers());
  ports = await serve({ config, tls, control, db, log, version, ready, shutdown: shutdown.signal });
  try {
    const login = directory && !config.dev ? await prepareFirstStart(control, directory) : undefined;
    await control.start();
    started = true;
    const terminal = process.stdout.isTTY;
    const reached = ports.https && { url: trust.hostUrl(), fingerprint: await trust.authorityFingerprint() };
    const told = { config, listening: ports.plain, https: reached, version, login, terminal };
    console.log(announcement(told).join("\n"));
    if (!stopping.signal.aborted) await once(stopping.signal);
  } finally {
    log.info("stopping", { why: String(stopping.signal.reason) });
    const late = setTimeout(() => process.exit(1), shutdownMs);
    late.unref();
    // What watchers hear: come back in a moment.
    shutdown.abort(new ConnectError("the control plane is being stopped", Code.Unavailable));
    await ports[Symbol.asyncDispose]();
    await control.stop();
  }
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

try {
  const config = readConfig(process.argv.slice(2));
  if (config === "help") console.log(usage);
  else if (config === "version") console.log(version);
  else await run(config, createLog(config.logLevel));
  process.exit(0);
} catch (error) {
  console.error(`limiquantix-controlplane: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
