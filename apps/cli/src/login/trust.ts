import { readFile } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { controlPlaneName } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import { normalServer, type Context } from "../contexts.ts";
import { askConfirm } from "../terminal/prompt.ts";
import { UsageError } from "../usage-error.ts";
import {
  fingerprintOf,
  isTrusted,
  lookAtAuthority,
  normalFingerprint,
  readableFingerprint,
  type SeenAuthority,
} from "./first-contact.ts";
import { saveAuthority } from "./identity.ts";

export interface TrustFlags {
  ca?: string;
  caFingerprint?: string;
}

/** What is remembered of whom to trust; empty: the system's own authorities, or plain http. */
export type Trust = Pick<Context, "caFile" | "serverName">;

/**
 * Decides whom to trust, and never silently: by a file, by a fingerprint, as before, as the system does, or by asking.
 * The authority is kept, so that every later call goes to it or to nobody.
 */
export async function establishTrust(
  cli: Cli,
  server: string,
  flags: TrustFlags,
  before: Context | undefined,
): Promise<Trust> {
  if (!server.startsWith("https:")) {
    if (flags.ca || flags.caFingerprint)
      throw new UsageError(`${server} is not encrypted: there is nobody to trust`, "Write it as https://HOST:PORT.");
    return {};
  }
  if (flags.ca) return trustFile(cli, server, flags.ca);
  if (!flags.caFingerprint) {
    if (before?.caFile && normalServer(before.server) === server) return kept(before);
    if (await isTrusted(server)) return {};
  }
  const seen = await lookAtAuthority(server);
  if (!seen)
    throw new UsageError(
      `${server} shows a certificate that this machine does not trust, and no authority of its own`,
      "Give the PEM file of the authority that signed it: --ca FILE.",
    );
  await agree(cli, server, seen, flags.caFingerprint);
  return keep(cli, server, seen);
}

function kept({ caFile, serverName }: Context): Trust {
  return { ...(caFile ? { caFile } : {}), ...(serverName ? { serverName } : {}) };
}

/** Throws where the fingerprint is another than the one given, or where nobody says that it is right. */
async function agree(cli: Cli, server: string, { fingerprint }: SeenAuthority, given: string | undefined) {
  if (given !== undefined) {
    if (normalFingerprint(given) === fingerprint) return;
    throw new UsageError(
      `${server} is vouched for by another authority: ${fingerprint}, not ${normalFingerprint(given)}`,
      "Somebody may be in between. Compare it with what the control plane prints at its start.",
    );
  }
  cli.note(
    `${server} is vouched for by an authority that this machine does not know. Its fingerprint (SHA-256):`,
    `  ${readableFingerprint(fingerprint)}`,
    "The control plane prints it at its start, and `lqx certificate authority` where somebody is logged in.",
  );
  const tryThis = "Compare the fingerprint and give it: --ca-fingerprint HEX; or the certificate: --ca FILE.";
  if (!(await askConfirm(cli.terminal, "Is it the same, and is it to be trusted?", tryThis)))
    throw new UsageError("not trusted: nothing was sent", tryThis);
}

/** An authority's own file: limiquantix's, or the one that signed a certificate for the server's own name. */
async function trustFile(cli: Cli, server: string, path: string): Promise<Trust> {
  let pem: string;
  let fingerprint: string;
  try {
    pem = await readFile(path, "utf8");
    fingerprint = fingerprintOf(new X509Certificate(pem));
  } catch (error) {
    throw new UsageError(`${path} is no certificate that can be read: ${(error as Error).message}`);
  }
  const ca = Buffer.from(pem);
  if (await isTrusted(server, { ca, servername: controlPlaneName })) return keep(cli, server, { pem, fingerprint });
  if (await isTrusted(server, { ca })) return { caFile: await saveAuthority(cli.settings.configDir, fingerprint, pem) };
  throw new UsageError(`${server} is not vouched for by ${path}`, "Is it the right server, and the right file?");
}

/** Believed from here on; a server that cannot prove that it belongs to its own authority is refused even now. */
async function keep(cli: Cli, server: string, { pem, fingerprint }: SeenAuthority): Promise<Trust> {
  if (!(await isTrusted(server, { ca: Buffer.from(pem), servername: controlPlaneName })))
    throw new UsageError(`${server} shows an authority that does not vouch for it`, "Somebody may be in between.");
  return { caFile: await saveAuthority(cli.settings.configDir, fingerprint, pem), serverName: controlPlaneName };
}
