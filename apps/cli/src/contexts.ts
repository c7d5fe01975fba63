import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "./usage-error.ts";

/** One control plane and who we are there. */
export interface Context {
  server: string;
  /** A session or API token; the file is readable by its owner alone. */
  token?: string;
  user?: string;
  /** PEM file of the authority that signed the server's certificate. */
  caFile?: string;
  /** The name in that certificate where it is not the address: limiquantix's own authority signs for one name alone. */
  serverName?: string;
  /** PEM file of a key and the certificate that the token is bound to; readable by its owner alone. */
  identityFile?: string;
}

export interface Contexts {
  current: string;
  contexts: Record<string, Context>;
}

/** The saved contexts; none when the file is not there. */
export async function loadContexts(path: string): Promise<Contexts> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { current: "", contexts: {} };
    throw new Error(`read ${path}`, { cause: error });
  }
  try {
    return checked(JSON.parse(text));
  } catch (error) {
    throw new UsageError(
      `${path} is not usable: ${error instanceof Error ? error.message : String(error)}`,
      "Correct it, or remove it and log in again.",
    );
  }
}

/** Replaces the file whole, so that two `lqx login` at once leave one of the two and no mixture. */
export async function saveContexts(path: string, contexts: Contexts): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600 });
  await chmod(beside, 0o600);
  await rename(beside, path);
}

function checked(value: unknown): Contexts {
  if (!isRecord(value) || !isRecord(value["contexts"])) throw new Error("it has no contexts");
  const contexts: Record<string, Context> = {};
  for (const [name, entry] of Object.entries(value["contexts"])) {
    if (!isRecord(entry) || typeof entry["server"] !== "string") throw new Error(`context ${name} has no server`);
    const context: Context = { server: entry["server"] };
    for (const key of ["token", "user", "caFile", "serverName", "identityFile"] as const) {
      if (typeof entry[key] === "string") context[key] = entry[key];
    }
    contexts[name] = context;
  }
  return { current: typeof value["current"] === "string" ? value["current"] : "", contexts };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Where to connect and as whom. */
export interface Endpoint {
  server: string;
  token: string | undefined;
  caFile?: string | undefined;
  serverName?: string | undefined;
  identityFile?: string | undefined;
}

export interface EndpointChoice {
  saved: Contexts;
  /** `--context` */
  context: string | undefined;
  /** `--server` */
  server: string | undefined;
  environment: { server: string | undefined; token: string | undefined };
  fallback: string;
}

/**
 * `--server`, then LIMIQUANTIX_SERVER, then the context. A token goes only to the server that it was saved for: with
 * another address, the context that has that address lends its token, or there is none.
 */
export function chooseEndpoint({ saved, context, server, environment, fallback }: EndpointChoice): Endpoint {
  const named = context === undefined ? saved.contexts[saved.current] : saved.contexts[context];
  if (context !== undefined && !named) {
    throw new UsageError(`there is no context ${context}`, "`lqx context list` shows those that there are.");
  }
  const wanted = server ?? (context === undefined ? environment.server : undefined);
  const address = normalServer(wanted ?? named?.server ?? fallback);
  const from =
    named && normalServer(named.server) === address
      ? named
      : Object.values(saved.contexts).find((entry) => normalServer(entry.server) === address);
  return {
    server: address,
    token: environment.token ?? from?.token,
    caFile: from?.caFile,
    serverName: from?.serverName,
    // A token of the environment is another one than the certificate was made for.
    identityFile: environment.token === undefined ? from?.identityFile : undefined,
  };
}

/** `host:8080` → `http://host:8080`; no slash at the end. */
export function normalServer(address: string): string {
  const text = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(
      `${JSON.stringify(address)} is no server address`,
      "Write it as http://host:8080 or https://host.",
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UsageError(`${address}: only http and https`, "Write it as http://host:8080 or https://host.");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
