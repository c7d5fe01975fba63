import { parseArgs } from "node:util";
import { noRates, usualRates, type RateLimitConfig } from "./http/rate-limit.ts";

export interface Config {
  /** Loopback callers need no token; without a data directory nothing is kept. */
  dev: boolean;
  listen: { host: string; port: number };
  /** Undefined: in memory (with --dev only). */
  dataDirectory: string | undefined;
  tls: { certFile: string; keyFile: string } | undefined;
  logLevel: LogLevel;
  /** How often who may call. */
  rates: RateLimitConfig;
}

const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export const usage = `Usage: limiquantix-controlplane [--dev] [--data DIR] [--listen HOST:PORT] [options]

  --dev               callers from this machine need no token; without --data nothing is kept
  --data DIR          where the state is kept (default /var/lib/limiquantix/controlplane; LIMIQUANTIX_CONTROL_DATA)
  --listen HOST:PORT  default 127.0.0.1:8080; port 0 takes a free one (LIMIQUANTIX_LISTEN)
  --tls-cert FILE     certificate chain, PEM, with --tls-key FILE: serve HTTPS
  --rate-limit A,B    calls a second of each user and host, and of each address without proof of identity; bursts are
                      five times that; 0: no limit (default 1000,20; with --dev 0,0; LIMIQUANTIX_RATE_LIMIT)
  --log-level LEVEL   ${logLevels.join(", ")} (default info; LIMIQUANTIX_LOG_LEVEL)
  --version, --help`;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

/** Reads flags, then the environment. Throws UsageError. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config | "help" | "version" {
  const flags = parse(args);
  if (flags.help) return "help";
  if (flags.version) return "version";
  const dev = flags.dev ?? false;
  const listen = parseListen(flags.listen ?? env["LIMIQUANTIX_LISTEN"] ?? "127.0.0.1:8080");
  const [certFile, keyFile] = [flags["tls-cert"], flags["tls-key"]];
  if (!certFile !== !keyFile) throw new UsageError("--tls-cert and --tls-key go together");
  if (dev && !isLoopback(listen.host)) {
    throw new UsageError(
      `--dev lets in whoever reaches the port, so it listens on this machine only: ${listen.host} is not a loopback address`,
    );
  }
  const dataDirectory = flags.data ?? env["LIMIQUANTIX_CONTROL_DATA"];
  return {
    dev,
    listen,
    dataDirectory: dataDirectory ?? (dev ? undefined : "/var/lib/limiquantix/controlplane"),
    tls: certFile && keyFile ? { certFile, keyFile } : undefined,
    logLevel: parseLogLevel(flags["log-level"] ?? env["LIMIQUANTIX_LOG_LEVEL"] ?? "info"),
    rates: parseRates(flags["rate-limit"] ?? env["LIMIQUANTIX_RATE_LIMIT"]) ?? (dev ? noRates : usualRates),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        dev: { type: "boolean" },
        data: { type: "string" },
        listen: { type: "string" },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        "log-level": { type: "string" },
        "rate-limit": { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new UsageError(`--listen ${text}: write HOST:PORT, or [IPV6]:PORT`);
  return { host: match[1] ?? match[2] ?? "", port };
}

function parseRates(text: string | undefined): RateLimitConfig | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,7}),(\d{1,7})$/.exec(text);
  if (!match) throw new UsageError(`--rate-limit ${text}: write two numbers, as 1000,20`);
  const rate = (perSecond: number) => (perSecond > 0 ? { perSecond, burst: perSecond * 5 } : undefined);
  return { signedIn: rate(Number(match[1])), strangers: rate(Number(match[2])) };
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
