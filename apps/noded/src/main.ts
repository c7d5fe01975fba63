import type { ConnectError } from "@connectrpc/connect";
import { fromConnectError } from "@limiquantix/api";
import { createNode, type Node, type NodeIdentity, type NodeIdentityStore } from "@limiquantix/node";
import { isLoopback, systemClock, type Log } from "@limiquantix/kit";
import { createLog } from "@limiquantix/log";
import packageJson from "../package.json" with { type: "json" };
import { certificateRequester } from "./certificates.ts";
import { readConfig, usage, UsageError, type Config } from "./config.ts";
import { ControlPlaneConnection, isSameAuthority } from "./control-plane.ts";
import { IdentityFile, identityInMemory } from "./identity-file.ts";
import { serve } from "./serve.ts";
import type { Drivers } from "./drivers.ts";
import { readHostFacts } from "./host-facts.ts";

const { version } = packageJson;
/** What is under way at the end gets this long; what is not done then goes on after the next start. */
const shutdownMs = 15_000;

async function run(config: Config, log: Log): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  const { saved, store, registration } = await openIdentity(config);
  await using drivers = await openDrivers(config, registration, log);
  const { facts } = drivers;
  const listen = config.listen ?? defaultListen(registration);
  let node: Node | undefined;
  const tls = !config.dev;
  await using server = await serve({
    listen,
    tls,
    log,
    node: () => {
      if (!node) throw new Error("the daemon is still starting");
      return node;
    },
  });
  if (saved) server.useIdentity(saved);
  const connection =
    registration &&
    new ControlPlaneConnection({
      url: registration.controlPlane,
      joinToken: registration.joinToken,
      identity: saved,
    });
  const joined = Promise.withResolvers<NodeIdentity>();
  joined.promise.catch(() => {});
  node = createNode({
    ...drivers,
    clock: systemClock,
    log,
    version,
    registration: registration &&
      connection && {
        transport: connection.transport,
        identity: store,
        agentEndpoint: endpoint(config.dev, { ...listen, port: server.port, managementIp: facts.managementIp }),
        joinToken: registration.joinToken,
        certificates: tls ? certificateRequester : undefined,
        mutualTls: connection.tls,
        onIdentity: (made) => {
          server.useIdentity(made);
          connection.use(made);
          joined.resolve(made);
        },
        onForgotten: () => connection.use(undefined),
        onRefused: (cause) => config.join && joined.reject(refusal(cause)),
      },
  });
  await node.start();
  announce(config, { host: listen.host, port: server.port }, registration);
  try {
    if (config.join) console.log(`joined as node ${(await orStopped(joined.promise, stopping.signal))?.nodeId}`);
    if (config.start && !stopping.signal.aborted) await once(stopping.signal);
  } finally {
    log.info("stopping", { why: String(stopping.signal.reason ?? "it was only to join") });
    const late = setTimeout(() => process.exit(1), shutdownMs);
    late.unref();
    await node.stop();
  }
}

type Registration = NonNullable<Config["registration"]>;

/** What is saved of this host, and where it registers. An identity of another control plane does not count. */
async function openIdentity(config: Config) {
  const directory = config.dataDirectory;
  const kept = directory === undefined ? undefined : await new IdentityFile(directory).load();
  const asked = config.registration;
  const ignored = config.join || (kept && asked && !isSameAuthority(kept, asked.joinToken));
  const saved = ignored ? undefined : kept;
  const registration: Registration | undefined =
    asked ?? (saved?.controlPlane ? { controlPlane: new URL(saved.controlPlane), joinToken: "" } : undefined);
  const file = directory === undefined ? undefined : new IdentityFile(directory, registration?.controlPlane.origin);
  const store: NodeIdentityStore = file
    ? { load: async () => saved, save: (identity) => file.save(identity) }
    : identityInMemory();
  return { saved, store, registration };
}

/** A control plane on this machine needs no other address to reach this daemon by. */
function defaultListen(registration: Registration | undefined): { host: string; port: number } {
  const remote = registration && !isLoopback(registration.controlPlane.hostname);
  return { host: remote ? "0.0.0.0" : "127.0.0.1", port: 9090 };
}

/** What the control plane said, with what to do about it. */
function refusal(cause: ConnectError): Error {
  const said = cause.details.length > 0 ? fromConnectError(cause) : undefined;
  return new Error(`this host could not join: ${said ? `${said.message}. ${said.tryThis}` : cause.rawMessage}`);
}

async function orStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return Promise.race([promise, once(signal).then(() => undefined)]);
}

/** Only what is used is loaded. */
async function openDrivers(config: Config, registration: Registration | undefined, log: Log): Promise<Drivers> {
  const facts = await readHostFacts({ ...config, registration });
  if (config.hypervisor === "sim") {
    const { openSim } = await import("./sim.ts");
    return openSim(facts);
  }
  const { openLibvirt } = await import("./libvirt.ts");
  return openLibvirt(config, facts, log);
}

/** Where the control plane finds this daemon: a wildcard is no address to call. */
function endpoint(dev: boolean, at: { host: string; port: number; managementIp: string }): string {
  const wildcard = at.host === "0.0.0.0" || at.host === "::";
  const host = wildcard ? at.managementIp : at.host;
  return `${dev ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${at.port}`;
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function announce(
  { dev, hypervisor }: Config,
  listening: { host: string; port: number },
  registration: Registration | undefined,
): void {
  const host = listening.host.includes(":") ? `[${listening.host}]` : listening.host;
  const where = `${host}:${listening.port}`;
  console.log(`limiquantix-node ${version} listening on ${where}${dev ? " (cleartext, this machine only)" : ""}`);
  if (hypervisor === "sim") {
    const why = dev ? "--dev without --hypervisor libvirt" : "--hypervisor sim";
    console.log(`hypervisor: SIMULATED (${why}): no real guest will run here`);
  } else console.log("hypervisor: libvirt");
  if (registration) console.log(`registering with ${registration.controlPlane.origin}`);
}

try {
  const config = readConfig(process.argv.slice(2));
  if (config === "help") console.log(usage);
  else if (config === "version") console.log(version);
  else await run(config, createLog(config.logLevel));
  process.exit(0);
} catch (error) {
  const causes = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) causes.push(at.message);
  console.error(`limiquantix-node: ${causes.join(": ") || String(error)}`);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
