import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

export interface Config {
  /** Cleartext on this machine only; sim unless told otherwise; the identity is kept only with --data. */
  dev: boolean;
  listen: { host: string; port: number };
  /** Undefined: registers nowhere. */
  registration: { controlPlane: URL; joinToken: string; caFile: string | undefined } | undefined;
  /** Undefined: in memory (with --dev only). */
  dataDirectory: string | undefined;
  hypervisor: "sim" | "libvirt";
  libvirtSocket: string;
  poolPath: string;
  logLevel: LogLevel;
}

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export const usage = `Usage: limiquantix-node --control-plane URL --register [--join-token TOKEN] [options]

  --listen HOST:PORT       gRPC for the control plane (default 127.0.0.1:9090; LIMIQUANTIX_NODE_LISTEN)
  --control-plane URL      http://127.0.0.1:8080 (LIMIQUANTIX_CONTROL_PLANE)
  --control-plane-ca FILE  the authority of its HTTPS certificate, PEM, where the system does not know it
  --register               make this host known to the control plane
  --join-token TOKEN       once, from \`lqx node join-token\`; better: --join-token-file FILE
  --data DIR               where this host's identity is kept (default /var/lib/limiquantix/node)
  --hypervisor sim|libvirt libvirt unless --dev
  --libvirt-socket PATH    default /run/libvirt/libvirt-sock (LIMIQUANTIX_LIBVIRT_SOCKET)
  --pool-path DIR          the local pool (default /var/lib/limiquantix/pools/local)
  --dev                    simulated hypervisor, cleartext, on this machine only
  --log-level LEVEL        ${logLevels.join(", ")} (default info; LIMIQUANTIX_LOG_LEVEL)
  --version, --help`;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

/** Reads flags, then the environment. Throws UsageError. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config | "help" | "version" {
  const flags = parse(args);
  if (flags.help) return "help";
  if (flags.version) return "version";
  const dev = flags.dev ?? false;
  const listen = parseListen(flags.listen ?? env["LIMIQUANTIX_NODE_LISTEN"] ?? "127.0.0.1:9090");
  if (dev && !isLoopback(listen.host)) {
    throw new UsageError(
      `--dev lets in whoever reaches the port, so it listens on this machine only: ${listen.host} is not a loopback address`,
    );
  }
  const controlPlane = flags["control-plane"] ?? env["LIMIQUANTIX_CONTROL_PLANE"];
  if (flags.register && !controlPlane) throw new UsageError("--register needs --control-plane URL");
  return {
    dev,
    listen,
    registration:
      flags.register && controlPlane
        ? {
            controlPlane: parseControlPlane(controlPlane),
            joinToken: joinToken(flags),
            caFile: flags["control-plane-ca"],
          }
        : undefined,
    dataDirectory: flags.data ?? (dev ? undefined : "/var/lib/limiquantix/node"),
    hypervisor: parseHypervisor(flags.hypervisor ?? (dev ? "sim" : "libvirt")),
    libvirtSocket: flags["libvirt-socket"] ?? env["LIMIQUANTIX_LIBVIRT_SOCKET"] ?? "/run/libvirt/libvirt-sock",
    poolPath: flags["pool-path"] ?? "/var/lib/limiquantix/pools/local",
    logLevel: parseLogLevel(flags["log-level"] ?? env["LIMIQUANTIX_LOG_LEVEL"] ?? "info"),
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const yes = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        dev: yes,
        listen: text,
        "control-plane": text,
        "control-plane-ca": text,
        register: yes,
        "join-token": text,
        "join-token-file": text,
        data: text,
        hypervisor: text,
        "libvirt-socket": text,
        "pool-path": text,
        "log-level": text,
        help: { type: "boolean", short: "h" },
        version: yes,
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function joinToken(flags: { "join-token"?: string; "join-token-file"?: string }): string {
  const file = flags["join-token-file"];
  if (flags["join-token"] && file) throw new UsageError("either --join-token or --join-token-file");
  if (!file) return flags["join-token"] ?? "";
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    // The control plane takes the first host's file away once it has joined; a host that has joined needs no token.
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new UsageError(`--join-token-file ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** The join token and the host's credential travel to it, so cleartext stays on this machine. */
function parseControlPlane(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))) return url;
  throw new UsageError(`--control-plane ${text}: write https://HOST:PORT, or http:// for this machine`);
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new UsageError(`--listen ${text}: write HOST:PORT, or [IPV6]:PORT`);
  return { host: match[1] ?? match[2] ?? "", port };
}

function parseHypervisor(text: string): "sim" | "libvirt" {
  if (text === "sim" || text === "libvirt") return text;
  throw new UsageError(`--hypervisor ${text}: one of sim, libvirt`);
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (!level) throw new UsageError(`--log-level ${text}: one of ${logLevels.join(", ")}`);
  return level;
}

/** Whether a name or an address is this machine's own, reached by nobody else. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^::ffff:/i, "").replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || name === "::1" || /^127(?:\.\d{1,3}){3}$/.test(name);
}
