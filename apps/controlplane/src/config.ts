import { join } from "node:path";
import { parseArgs } from "node:util";
import { isLoopback } from "@limiquantix/kit";
import { isLogLevel, logLevels, type LogLevel } from "@limiquantix/log";
import { parseSyslogTarget, type SyslogTarget } from "./audit-syslog.ts";
import { noRates, usualRates, type RateLimitConfig } from "./http/rate-limit.ts";

export interface Config {
  /** Loopback callers need no token; without a data directory nothing is kept. */
  dev: boolean;
  /** Cleartext, for this machine only. */
  listen: Address;
  /** Undefined: off. */
  https: HttpsConfig | undefined;
  /** Of the certificates that the built-in authority issues; undefined: 90 days. */
  certificateLifeMs: number | undefined;
  /** Undefined: in memory (with --dev only). */
  dataDirectory: string | undefined;
  /** The built dashboard. */
  dashboardDirectory: string;
  logLevel: LogLevel;
  /** Where a copy of the audit log goes; undefined: nowhere. */
  auditSyslog: SyslogTarget | undefined;
  /** Where the history of measurements behind the last day is; undefined: nowhere. */
  prometheus: PrometheusConfig | undefined;
  /** How often who may call. */
  rates: RateLimitConfig;
}

export interface Address {
  host: string;
  port: number;
}

export interface HttpsConfig {
  listen: Address;
  /** By which people and hosts reach it, beside this machine's own names; the first is the one that hosts are told. */
  publicNames: string[];
  /** What browsers see; undefined: a certificate of the built-in authority. */
  certificate: { kind: "files"; certFile: string; keyFile: string } | AcmeConfig | undefined;
}

/** A certificate by ACME (RFC 8555), proved by http-01. */
export interface AcmeConfig {
  kind: "acme";
  directory: string;
  /** Empty: none is told. */
  email: string;
  names: string[];
  /** Where the ACME server's question comes in: port 80 of the names, or what is forwarded to from there. */
  httpListen: Address;
  /** The authority of the ACME server's own HTTPS, PEM; undefined: the system's. */
  caFile: string | undefined;
}

/** A Prometheus that scrapes /metrics. */
export interface PrometheusConfig {
  /** Its address, with the path that it is served under. */
  url: string;
  /** A bearer token, or NAME:PASSWORD. */
  tokenFile: string | undefined;
  basicAuthFile: string | undefined;
  /** The authority of its HTTPS, PEM; undefined: the system's. */
  caFile: string | undefined;
}

const usualDashboard = join(import.meta.dirname, "../../dashboard/dist");

export const usage = `Usage: limiquantix-controlplane [--dev] [--data DIR] [options]

  --dev                    callers from this machine need no token; without --data nothing is kept; no HTTPS
  --data DIR               where the state is kept (default /var/lib/limiquantix/controlplane; LIMIQUANTIX_CONTROL_DATA)
  --listen HOST:PORT       plain HTTP, for this machine only (default 127.0.0.1:8080; LIMIQUANTIX_LISTEN)
  --https-listen HOST:PORT for people, the CLI and hosts (default 0.0.0.0:8443; LIMIQUANTIX_HTTPS_LISTEN), or: off
  --public-name NAME       a DNS name or address by which they reach it; may be given more than once
  --tls-cert FILE          own certificate chain, PEM, with --tls-key FILE; read again when the files change
  --acme-directory URL     a certificate by ACME in place of the built-in authority's, with --acme-name NAME (one or more)
  --acme-email ADDRESS     for the ACME account
  --acme-http-listen HOST:PORT  answers http-01; the ACME server asks port 80 of the name (default 0.0.0.0:80)
  --acme-ca FILE           authority of the ACME server's own certificate, where the system does not know it
  --certificate-life TIME  of certificates for hosts and the control plane: 90d, 12h, 10m or 60s (default 90d)
  --rate-limit A,B         calls a second of each user and host, and of each address without proof of identity; bursts
                           are five times that; 0: no limit (default 1000,20; with --dev 0,0; LIMIQUANTIX_RATE_LIMIT)
  --audit-syslog URL       sends the audit log to udp://HOST:514, tcp://HOST:PORT or tls://HOST:6514?ca=FILE
  --prometheus-url URL     charts reach back beyond a day with the Prometheus that scrapes /metrics here
  --prometheus-token-file FILE  holds its bearer token; or --prometheus-basic-auth-file FILE: NAME:PASSWORD
  --prometheus-ca FILE     authority of its HTTPS, where the system does not know it
  --dashboard DIR          the built dashboard (default: this checkout's apps/dashboard/dist)
  --log-level LEVEL        ${logLevels.join(", ")} (default info; LIMIQUANTIX_LOG_LEVEL)
  --version, --help
Port 0 takes a free one.`;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

/** Reads flags, then the environment. Throws UsageError. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config | "help" | "version" {
  const flags = parse(args);
  if (flags.help) return "help";
  if (flags.version) return "version";
  const dev = flags.dev ?? false;
  const listen = parseListen("--listen", flags.listen ?? env["LIMIQUANTIX_LISTEN"] ?? "127.0.0.1:8080");
  if (!isLoopback(listen.host)) {
    const why = `--listen ${listen.host}: it is cleartext, for this machine only`;
    throw new UsageError(`${why}; others come by HTTPS: --https-listen ${listen.host}:8443`);
  }
  const dataDirectory = flags.data ?? env["LIMIQUANTIX_CONTROL_DATA"];
  return {
    dev,
    listen,
    https: readHttps(flags, flags["https-listen"] ?? env["LIMIQUANTIX_HTTPS_LISTEN"], dev),
    certificateLifeMs: flags["certificate-life"] === undefined ? undefined : parseLife(flags["certificate-life"]),
    dataDirectory: dataDirectory ?? (dev ? undefined : "/var/lib/limiquantix/controlplane"),
    prometheus: readPrometheus(flags),
    auditSyslog: flags["audit-syslog"] === undefined ? undefined : parseAuditSyslog(flags["audit-syslog"]),
    dashboardDirectory: flags.dashboard ?? usualDashboard,
    logLevel: parseLogLevel(flags["log-level"] ?? env["LIMIQUANTIX_LOG_LEVEL"] ?? "info"),
    rates: parseRates(flags["rate-limit"] ?? env["LIMIQUANTIX_RATE_LIMIT"]) ?? (dev ? noRates : usualRates),
  };
}

type Flags = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const texts = { type: "string", multiple: true } as const;
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        dev: { type: "boolean" },
        data: text,
        listen: text,
        "https-listen": text,
        "public-name": texts,
        "tls-cert": text,
        "tls-key": text,
        "acme-directory": text,
        "acme-email": text,
        "acme-name": texts,
        "acme-http-listen": text,
        "acme-ca": text,
        "certificate-life": text,
        "rate-limit": text,
        dashboard: text,
        "log-level": text,
        "audit-syslog": text,
        "prometheus-url": text,
        "prometheus-token-file": text,
        "prometheus-basic-auth-file": text,
        "prometheus-ca": text,
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function readHttps(flags: Flags, asked: string | undefined, dev: boolean): HttpsConfig | undefined {
  const certificate = readCertificate(flags);
  const text = asked ?? (dev ? "off" : "0.0.0.0:8443");
  if (text === "off") {
    const flag = certificate?.kind === "acme" ? "--acme-directory" : "--tls-cert";
    if (certificate) throw new UsageError(`${flag} is for the HTTPS port: add --https-listen HOST:PORT`);
    return undefined;
  }
  const listen = parseListen("--https-listen", text);
  if (dev && !isLoopback(listen.host)) {
    throw new UsageError(
      `--dev lets in whoever reaches the port, so it listens on this machine only: ${listen.host} is not a loopback address`,
    );
  }
  const names = [...(flags["public-name"] ?? []), ...(certificate?.kind === "acme" ? certificate.names : [])];
  for (const name of names) {
    if (!/^[A-Za-z0-9.:-]{1,253}$/.test(name)) throw new UsageError(`${name}: write a DNS name or an address, no port`);
  }
  return { listen, publicNames: [...new Set(names)], certificate };
}

function readCertificate(flags: Flags): HttpsConfig["certificate"] {
  const [certFile, keyFile, directory] = [flags["tls-cert"], flags["tls-key"], flags["acme-directory"]];
  if (!certFile !== !keyFile) throw new UsageError("--tls-cert and --tls-key go together");
  if (certFile && directory) throw new UsageError("either --tls-cert or --acme-directory");
  if (certFile && keyFile) return { kind: "files", certFile, keyFile };
  const names = flags["acme-name"] ?? [];
  if (!directory !== (names.length === 0)) throw new UsageError("--acme-directory and --acme-name go together");
  if (!directory) return undefined;
  if (!directory.startsWith("https:") || !URL.canParse(directory)) {
    throw new UsageError(`--acme-directory ${directory}: write https://…, as the ACME server's documentation says`);
  }
  const httpListen = parseListen("--acme-http-listen", flags["acme-http-listen"] ?? "0.0.0.0:80");
  const email = flags["acme-email"] ?? "";
  return { kind: "acme", directory, email, names, httpListen, caFile: flags["acme-ca"] };
}

function readPrometheus(flags: Flags): PrometheusConfig | undefined {
  const url = flags["prometheus-url"];
  const tokenFile = flags["prometheus-token-file"];
  const basicAuthFile = flags["prometheus-basic-auth-file"];
  const caFile = flags["prometheus-ca"];
  const hasSecret = tokenFile !== undefined || basicAuthFile !== undefined;
  if (url === undefined) {
    if (!hasSecret && caFile === undefined) return undefined;
    throw new UsageError("--prometheus-token-file, -basic-auth-file and -ca go with --prometheus-url");
  }
  if (tokenFile !== undefined && basicAuthFile !== undefined) {
    throw new UsageError("either --prometheus-token-file or --prometheus-basic-auth-file");
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.search || parsed.hash) {
    throw new UsageError(`--prometheus-url ${url}: write https://HOST:9090, with the path that it is served under`);
  }
  if (parsed.username || parsed.password) {
    throw new UsageError("--prometheus-url holds no password: it would be seen in the list of processes; see --help");
  }
  if (hasSecret && parsed.protocol === "http:" && !isLoopback(parsed.hostname)) {
    throw new UsageError(`--prometheus-url ${url}: a secret is not sent in cleartext; write https://`);
  }
  return { url, tokenFile, basicAuthFile, caFile };
}

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3600_000, d: 86_400_000 };

function parseLife(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  const lifeMs = Number(number) * (unitMs[unit] ?? 0);
  if (lifeMs < 10_000) throw new UsageError(`--certificate-life ${text}: write 90d, 12h, 10m or 60s; 10s at least`);
  return lifeMs;
}

function parseListen(flag: string, text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new UsageError(`${flag} ${text}: write HOST:PORT, or [IPV6]:PORT`);
  return { host: match[1] ?? match[2] ?? "", port };
}

function parseRates(text: string | undefined): RateLimitConfig | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,7}),(\d{1,7})$/.exec(text);
  if (!match) throw new UsageError(`--rate-limit ${text}: write two numbers, as 1000,20`);
  const rate = (perSecond: number) => (perSecond > 0 ? { perSecond, burst: perSecond * 5 } : undefined);
  return { signedIn: rate(Number(match[1])), strangers: rate(Number(match[2])) };
}

function parseAuditSyslog(text: string): SyslogTarget {
  const target = parseSyslogTarget(text);
  if (!target) throw new UsageError(`--audit-syslog ${text}: write udp://HOST:514, tcp://HOST:PORT or tls://HOST:6514`);
  return target;
}

function parseLogLevel(text: string): LogLevel {
  if (isLogLevel(text)) return text;
  throw new UsageError(`--log-level ${text}: one of ${logLevels.join(", ")}`);
}
