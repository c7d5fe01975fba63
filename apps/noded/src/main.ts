import { systemClock, type Log } from "@limiquantix/kit";
import { createNode, type Node } from "@limiquantix/node";
import packageJson from "../package.json" with { type: "json" };
import { certificateRequester } from "./certificates.ts";
import { readConfig, usage, UsageError, type Config } from "./config.ts";
import { controlPlaneTransport } from "./control-plane.ts";
import { IdentityFile, identityInMemory } from "./identity-file.ts";
import { createLog } from "./log.ts";
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
  await using drivers = await openDrivers(config, log);
  const identity = config.dataDirectory === undefined ? identityInMemory() : new IdentityFile(config.dataDirectory);
  const known = await identity.load();
  let node: Node | undefined;
  const tls = !config.dev;
  await using server = await serve({
    listen: config.listen,
    tls,
    log,
    node: () => {
      if (!node) throw new Error("the daemon is still starting");
      return node;
    },
  });
  if (known) server.useIdentity(known);
  const { registration } = config;
  const { facts } = drivers;
  node = createNode({
    ...drivers,
    clock: systemClock,
    log,
    version,
    registration: registration && {
      transport: await controlPlaneTransport({ url: registration.controlPlane, caFile: registration.caFile }),
      identity,
      agentEndpoint: endpoint(config, { port: server.port, managementIp: facts.managementIp }),
      joinToken: registration.joinToken,
      certificates: tls ? certificateRequester : undefined,
      onIdentity: (made) => server.useIdentity(made),
    },
  });
  await node.start();
  announce(config, server.port);
  try {
    if (!stopping.signal.aborted) await once(stopping.signal);
  } finally {
    log.info("stopping", { why: String(stopping.signal.reason) });
    const late = setTimeout(() => process.exit(1), shutdownMs);
    late.unref();
    await node.stop();
  }
}

/** Only what is used is loaded. */
async function openDrivers(config: Config, log: Log): Promise<Drivers> {
  const facts = await readHostFacts(config);
  if (config.hypervisor === "sim") {
    const { openSim } = await import("./sim.ts");
    return openSim(facts);
  }
  const { openLibvirt } = await import("./libvirt.ts");
  return openLibvirt(config, facts, log);
}

/** Where the control plane finds this daemon: a wildcard is no address to call. */
function endpoint({ dev, listen }: Config, { port, managementIp }: { port: number; managementIp: string }): string {
  const wildcard = listen.host === "0.0.0.0" || listen.host === "::";
  const host = wildcard ? managementIp : listen.host;
  return `${dev ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function announce({ dev, hypervisor, listen, registration }: Config, port: number): void {
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  console.log(
    `limiquantix-node ${version} listening on ${host}:${port}${dev ? " (cleartext, this machine only)" : ""}`,
  );
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
