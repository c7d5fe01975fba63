import { join } from "node:path";
import type { Config } from "./config.ts";
import type { Listening } from "./http/listen.ts";

/** What is printed once it is up. A password only on a terminal: what goes anywhere else is kept there, in a log. */
export function announcement(options: {
  config: Pick<Config, "dev" | "dataDirectory">;
  listening: Pick<Listening, "host" | "port">;
  /** Where others reach it, and the SHA-256 of the authority that vouches for it; undefined: nowhere. */
  https: { url: string; fingerprint: string } | undefined;
  version: string;
  /** The first administrator's, when it was just made. */
  login?: { name: string; password: string } | undefined;
  terminal: boolean;
}): string[] {
  const { config, listening, https, version, login, terminal } = options;
  const { host, port } = listening;
  const name = host.includes(":") ? `[${host}]` : host;
  const lines = [`limiquantix-controlplane ${version} listening on http://${name}:${port} (this machine only)`];
  if (https) lines.push(`for others: ${https.url} (certificate authority, SHA-256: ${https.fingerprint})`);
  if (config.dev) lines.push("--dev: OPEN to everybody on this machine; callers need no token");
  if (!config.dataDirectory) lines.push("--dev without --data: in memory, nothing is kept after the end");
  if (login) {
    const note = join(config.dataDirectory ?? "", "first-login");
    if (terminal) lines.push(`first login: user ${login.name}, password ${login.password}`);
    lines.push(
      terminal ? `(kept in ${note} until it is changed)` : `first login: user ${login.name}, password in ${note}`,
    );
  }
  return lines;
}
