import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type JsonGeneralName,
} from "@peculiar/x509";
import { controlPlaneName, controlPlaneUrn, invalid, nodeUrn, sessionUrn } from "@limiquantix/api";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Clock } from "@limiquantix/kit";

/** Where the authority's key lies: a file that only the control plane can read. */
export interface CaKeyStore {
  load(): Promise<KeyAndCertificate | undefined>;
  save(pair: KeyAndCertificate): Promise<void>;
}

export interface KeyAndCertificate {
  /** PKCS #8, PEM. */
  keyPem: string;
  certificatePem: string;
}

/** What the authority signed. */
export interface Issued {
  certificatePem: string;
  /** Hexadecimal. */
  serial: string;
  /** SHA-256 of the DER certificate, hexadecimal. */
  fingerprint: string;
  /** Milliseconds since the Unix epoch. */
  issuedAt: number;
  expiresAt: number;
  /** Its subject alternative names. */
  names: string[];
}

const dayMs = 24 * 3600 * 1000;
const authorityLifeMs = 3650 * dayMs;
/** How long a certificate is good unless told, in milliseconds; it is renewed at two thirds of that. */
export const defaultLifeMs = 90 * dayMs;
/** Hosts' clocks may be behind. */
const backdateMs = 3600 * 1000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * The cluster's own certificate authority (X.509 v3, RFC 5280; ECDSA on P-256). It vouches for hosts to the control
 * plane, for the control plane to hosts and the CLI, for sessions of the CLI, and, where people give it nothing better, for
 * the control plane's web address.
 */
export class CertificateAuthority {
  readonly certificatePem: string;
  /** SHA-256 of its DER certificate, hexadecimal. */
  readonly fingerprint: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  readonly #certificate: X509Certificate;
  readonly #key: CryptoKey;
  readonly #clock: Clock;
  readonly #lifeMs: number;

  private constructor(certificate: X509Certificate, key: CryptoKey, options: { clock: Clock; lifeMs?: number }) {
    this.#certificate = certificate;
    this.certificatePem = certificate.toString("pem");
    this.fingerprint = fingerprintOf(certificate);
    this.expiresAt = certificate.notAfter.getTime();
    this.#key = key;
    this.#clock = options.clock;
    this.#lifeMs = options.lifeMs ?? defaultLifeMs;
  }

  /** The authority in the key store; a new one where there is none yet. */
  static async open(options: { keyStore?: CaKeyStore | undefined; clock: Clock; lifeMs?: number }) {
    const { keyStore, clock } = options;
    const kept = await keyStore?.load();
    if (kept) {
      return new CertificateAuthority(new X509Certificate(kept.certificatePem), await importKey(kept.keyPem), options);
    }
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: "CN=limiquantix certificate authority",
      notBefore: new Date(clock.now() - backdateMs),
      notAfter: new Date(clock.now() + authorityLifeMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    await keyStore?.save({ keyPem: await exportKey(keys.privateKey), certificatePem: certificate.toString("pem") });
    return new CertificateAuthority(certificate, keys.privateKey, options);
  }

  /**
   * A certificate for a host's own key: the control plane's proof of the host it dials, and the host's when it calls.
   * It names the node and nothing else, so that no host can pass for a web site, whatever it says its name is.
   * Throws INVALID_REQUEST for a request that is none, or not signed by its key.
   */
  async signNode(request: { csrPem: string; nodeId: string }): Promise<Issued> {
    const csr = await readRequest(request.csrPem);
    return this.#issue({
      commonName: request.nodeId,
      publicKey: csr.publicKey,
      usages: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
      names: [{ type: "url", value: nodeUrn(request.nodeId) }],
    });
  }

  /** For a session of the CLI, which ends no later than `expiresAt`. Throws INVALID_REQUEST. */
  async signSession(request: { csrPem: string; tokenId: string; expiresAt: number }): Promise<Issued> {
    const csr = await readRequest(request.csrPem);
    return this.#issue({
      commonName: request.tokenId,
      publicKey: csr.publicKey,
      usages: [ExtendedKeyUsage.clientAuth],
      names: [{ type: "url", value: sessionUrn(request.tokenId) }],
      expiresAt: request.expiresAt,
    });
  }

  /** The certificate, with a new key, by which hosts and the CLI know the control plane, as client and as server. */
  issueControlPlane(): Promise<Issued & KeyAndCertificate> {
    return this.#issueWithKey({
      commonName: "limiquantix control plane",
      usages: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
      names: [
        { type: "url", value: controlPlaneUrn },
        { type: "dns", value: controlPlaneName },
      ],
    });
  }

  /** What browsers see, with a new key. `names` are DNS names and IP addresses. */
  issueWeb(names: readonly string[]): Promise<Issued & KeyAndCertificate> {
    return this.#issueWithKey({
      commonName: "limiquantix",
      usages: [ExtendedKeyUsage.serverAuth],
      names: names.map((name) => ({ type: isAddress(name) ? "ip" : "dns", value: name })),
    });
  }

  async #issueWithKey(wanted: Omit<Wanted, "publicKey">): Promise<Issued & KeyAndCertificate> {
    const keys = await newKeys();
    const issued = await this.#issue({ ...wanted, publicKey: keys.publicKey });
    return { keyPem: await exportKey(keys.privateKey), ...issued };
  }

  async #issue(wanted: Wanted): Promise<Issued> {
    const issuedAt = this.#clock.now();
    const expiresAt = Math.min(wanted.expiresAt ?? issuedAt + this.#lifeMs, this.expiresAt);
    const lateClockMs = Math.min(backdateMs, (expiresAt - issuedAt) / 10);
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: [{ CN: [wanted.commonName] }],
      issuer: this.#certificate.subject,
      notBefore: new Date(issuedAt - lateClockMs),
      notAfter: new Date(expiresAt),
      signingAlgorithm: algorithm,
      publicKey: wanted.publicKey,
      signingKey: this.#key,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(wanted.usages),
        new SubjectAlternativeNameExtension(wanted.names),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    });
    return {
      certificatePem: certificate.toString("pem"),
      serial: certificate.serialNumber,
      fingerprint: fingerprintOf(certificate),
      issuedAt,
      expiresAt,
      names: wanted.names.map(({ value }) => value),
    };
  }
}

interface Wanted {
  commonName: string;
  publicKey: CryptoKey | Pkcs10CertificateRequest["publicKey"];
  usages: ExtendedKeyUsage[];
  names: JsonGeneralName[];
  expiresAt?: number;
}

function fingerprintOf(certificate: X509Certificate): string {
  return bytesToHex(sha256(new Uint8Array(certificate.rawData)));
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d+(?:\.\d+){3}$/.test(name);
}

async function readRequest(pem: string): Promise<Pkcs10CertificateRequest> {
  let csr: Pkcs10CertificateRequest;
  try {
    csr = new Pkcs10CertificateRequest(pem);
  } catch {
    throw wrongRequest("is no PKCS #10 certificate request in PEM");
  }
  const key = csr.publicKey.algorithm;
  if (key.name !== "ECDSA" || !("namedCurve" in key) || key.namedCurve !== "P-256") {
    throw wrongRequest("must be for an ECDSA key on P-256");
  }
  if (!(await csr.verify())) throw wrongRequest("is not signed by its own key");
  return csr;
}

function wrongRequest(why: string) {
  return invalid([{ field: "csrPem", message: why }]);
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function exportKey(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

function importKey(pem: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), algorithm, true, ["sign"]);
}

/** 127 random bits, positive (RFC 5280, 4.1.2.2). */
function newSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
