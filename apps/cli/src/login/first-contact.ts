import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { X509Certificate } from "node:crypto";
import { controlPlaneName, problem, Reason } from "@limiquantix/api";

/** Nobody waits longer for a server that does not answer. */
const timeoutMs = 10_000;

export interface SeenAuthority {
  pem: string;
  /** SHA-256 of the DER certificate, hexadecimal, small letters. */
  fingerprint: string;
}

/** Whether TLS with the system's authorities, or with `ca`, leads to this server. Nothing is sent. */
export async function isTrusted(server: string, options: { ca?: Buffer; servername?: string } = {}): Promise<boolean> {
  try {
    using socket = await open(server, { ...options, rejectUnauthorized: true });
    return socket.tls.authorized;
  } catch (error) {
    if (isCertificateError(error)) return false;
    throw error;
  }
}

/**
 * The authority that a control plane says vouches for it, not believed yet; undefined where it shows none of its own.
 * Nothing is sent on this connection.
 */
export async function lookAtAuthority(server: string): Promise<SeenAuthority | undefined> {
  using socket = await open(server, { servername: controlPlaneName, rejectUnauthorized: false });
  let seen: DetailedPeerCertificate = socket.tls.getPeerCertificate(true);
  while (seen.issuerCertificate && seen.issuerCertificate !== seen) seen = seen.issuerCertificate;
  const certificate = seen.raw && new X509Certificate(seen.raw);
  if (!certificate?.ca || !certificate.verify(certificate.publicKey)) return undefined;
  return { pem: certificate.toString(), fingerprint: fingerprintOf(certificate) };
}

export function fingerprintOf(certificate: X509Certificate): string {
  return createHash("sha256").update(certificate.raw).digest("hex");
}

/** `AB:CD:…` or `abcd…` as it is compared. */
export function normalFingerprint(text: string): string {
  return text
    .replace(/^sha256:/i, "")
    .replace(/[:\s]/g, "")
    .toLowerCase();
}

/** In groups of four, to be read aloud. */
export function readableFingerprint(fingerprint: string): string {
  return (fingerprint.match(/.{4}/g) ?? []).join(" ");
}

interface OpenOptions {
  ca?: Buffer;
  servername?: string;
  rejectUnauthorized: boolean;
}

async function open(server: string, options: OpenOptions): Promise<{ tls: TLSSocket } & Disposable> {
  const { hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, "");
  const tls = connect({
    host,
    port: Number(port || 443),
    ALPNProtocols: ["http/1.1"],
    ...(/^[0-9.]+$|:/.test(host) ? {} : { servername: host }),
    ...options,
  });
  try {
    await once(tls, "secureConnect", { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    tls.destroy();
    if (isCertificateError(error)) throw error;
    throw problem(Reason.UNAVAILABLE, { what: server, why: (error as Error).message }, { cause: error });
  }
  return { tls, [Symbol.dispose]: () => void tls.destroy() };
}

/** OpenSSL's verdict on a chain, or a name that is not in it: not a connection that failed. */
function isCertificateError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code);
}
