import { readFileSync } from "node:fs";
import type { Endpoint } from "../contexts.ts";
import { UsageError } from "../usage-error.ts";

export interface TlsOptions {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  servername?: string;
}

/** Whom to trust, under which name, and the certificate of ours that proves that the token is in the right hands. */
export function tlsOptions({
  caFile,
  serverName,
  identityFile,
}: Pick<Endpoint, "caFile" | "serverName" | "identityFile">): TlsOptions {
  const options: TlsOptions = {};
  if (caFile) options.ca = readPem(caFile, "the authority's certificate");
  if (serverName) options.servername = serverName;
  if (identityFile) {
    // One file has both: neither is of use without the other.
    const pem = readPem(identityFile, "the certificate of the login");
    options.cert = pem;
    options.key = pem;
  }
  return options;
}

function readPem(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${(error as Error).message}`, "Log in again: `lqx login URL`.");
  }
}
