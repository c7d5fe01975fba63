import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isLoopback } from "@limiquantix/kit";
import { isLogLevel, logLevels, type LogLevel } from "@limiquantix/log";

export interface Config {
  /** Cleartext on this machine only; sim unless told otherwise; the identity is kept only with --data. */
  dev: boolean;
  /** Undefined: this machine only for a control plane on it, else every address. */
  listen: { host: string; port: number } | undefined;
  /** Undefined: with the control plane that this host has joined, if any. */
  registration: { controlPlane: URL; joinToken: string } | undefined;
  /** The command `join`: a saved identity does not count, and what cannot be joined ends the program. */
  join: boolean;
  /** After `join`: to serve, or to end and leave that to the service. */
  start: boolean;
  /** Undefined: in memory (with --dev only). */
  dataDirectory: string | undefined;
  hypervisor: "sim" | "libvirt";
  libvirtSocket: string;
  poolPath: string;
  logLevel: LogLevel;
}

export const usage = `Usage: limiquantix-node join URL --token TOKEN [--no-start] [options]
       limiquantix-node [options]

  join URL                 register with the control plane at https://HOST:PORT, then serve; \`lqx node join-command\`
                           prints the whole line. Later starts need no argument.
  --token TOKEN            from the same line, good once; or --token-file FILE
  --no-start               end once registered, and leave the rest to the service
  --listen HOST:PORT       gRPC for the control plane, mutual TLS (default 0.0.0.0:9090, and 127.0.0.1:9090 for a
                           control plane on this machine; LIMIQUANTIX_NODE_LISTEN)
  --control-plane URL      with --register: https://HOST:PORT, or http:// on this machine (LIMIQUANTIX_CONTROL_PLANE)
  --register               keep trying to register there, with what was saved or else with a join token
  --join-token TOKEN       or --join-token-file FILE
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
  const { flags, joins } = parse(args);
  if (flags.help) return "help";
  if (flags.version) return "version";
  const dev = flags.dev ?? false;
  const listenText = flags.listen ?? env["LIMIQUANTIX_NODE_LISTEN"] ?? (dev ? "127.0.0.1:9090" : undefined);
  const listen = listenText === undefined ? undefined : parseListen(listenText);
  if (dev && listen && !isLoopback(listen.host)) {
    throw new UsageError(
      `--dev lets in whoever reaches the port, so it listens on this machine only: ${listen.host} is not a loopback address`,
    );
  }
  if (dev && joins) throw new UsageError("join is for hosts that prove who they are: leave --dev away");
  return {
    dev,
    listen,
    registration: joins ? joinWith(joins, flags) : registerWith(flags, env),
    join: joins !== undefined,
    start: flags["no-start"] !== true,
    dataDirectory: flags.data ?? (dev ? undefined : "/var/lib/limiquantix/node"),
    hypervisor: parseHypervisor(flags.hypervisor ?? (dev ? "sim" : "libvirt")),
    libvirtSocket: flags["libvirt-socket"] ?? env["LIMIQUANTIX_LIBVIRT_SOCKET"] ?? "/run/libvirt/libvirt-sock",
    poolPath: flags["pool-path"] ?? "/var/lib/limiquantix/pools/local",
    logLevel: parseLogLevel(flags["log-level"] ?? env["LIMIQUANTIX_LOG_LEVEL"] ?? "info"),
  };
}

type Flags = ReturnType<typeof parse>["flags"];

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const yes = { type: "boolean" } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: true,
      options: {
        dev: yes,
        listen: text,
        token: text,
        "token-file": text,
        "no-start": yes,
        "control-plane": text,
        // Of the release before: hosts trust the authority that they joined by, whatever certificate browsers see.
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
    });
    const [command, ...rest] = positionals;
    if (command !== undefined && command !== "join") throw new Error(`there is no command ${command}, only join`);
    if (command === "join" && rest.length !== 1) throw new Error("write: join https://HOST:PORT --token TOKEN");
    return { flags: values, joins: rest[0] };
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function joinWith(url: string, flags: Flags): { controlPlane: URL; joinToken: string } {
  const joinToken = readToken(flags, "token");
  if (!joinToken) throw new UsageError("join needs --token TOKEN: `lqx node join-command` prints the whole line");
  if (!URL.canParse(url) || new URL(url).protocol !== "https:")
    throw new UsageError(`join ${url}: write https://HOST:PORT`);
  return { controlPlane: new URL(url), joinToken };
}

function registerWith(flags: Flags, env: NodeJS.ProcessEnv): { controlPlane: URL; joinToken: string } | undefined {
  const controlPlane = flags["control-plane"] ?? env["LIMIQUANTIX_CONTROL_PLANE"];
  if (flags.register && !controlPlane) throw new UsageError("--register needs --control-plane URL");
  if (flags.token || flags["token-file"] || flags["no-start"]) {
    throw new UsageError("--token, --token-file and --no-start go with join");
  }
  if (!flags.register || !controlPlane) return undefined;
  return { controlPlane: parseControlPlane(controlPlane), joinToken: readToken(flags, "join-token") };
}

function readToken(flags: Flags, name: "token" | "join-token"): string {
  const file = flags[`${name}-file`];
  if (flags[name] && file) throw new UsageError(`either --${name} or --${name}-file`);
  if (!file) return flags[name] ?? "";
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    // The control plane takes the first host's file away once it has joined; a host that has joined needs no token.
    if (name === "join-token" && (cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new UsageError(`--${name}-file ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
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
  if (isLogLevel(text)) return text;
  throw new UsageError(`--log-level ${text}: one of ${logLevels.join(", ")}`);
}
