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
import { invalid } from "@limiquantix/api";
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

const dayMs = 24 * 3600 * 1000;
const authorityLifeMs = 3650 * dayMs;
const leafLifeMs = 365 * dayMs;
/** Hosts' clocks may be behind. */
const backdateMs = 3600 * 1000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The name in a host's certificate that the control plane looks for when it dials: RFC 8141. */
export function nodeUrn(nodeId: string): string {
  return `urn:limiquantix:node:${nodeId}`;
}

/**
 * The cluster's own certificate authority (X.509 v3, RFC 5280; ECDSA on P-256). It vouches for hosts to the control
 * plane and for the control plane to hosts, and for nothing else.
 */
export class CertificateAuthority {
  readonly certificatePem: string;
  readonly #certificate: X509Certificate;
  readonly #key: CryptoKey;
  readonly #clock: Clock;

  private constructor(certificate: X509Certificate, key: CryptoKey, clock: Clock) {
    this.#certificate = certificate;
    this.certificatePem = certificate.toString("pem");
    this.#key = key;
    this.#clock = clock;
  }

  /** The authority in the key store; a new one where there is none yet. */
  static async open({ keyStore, clock }: { keyStore?: CaKeyStore | undefined; clock: Clock }) {
    const kept = await keyStore?.load();
    if (kept) {
      return new CertificateAuthority(new X509Certificate(kept.certificatePem), await importKey(kept.keyPem), clock);
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
    return new CertificateAuthority(certificate, keys.privateKey, clock);
  }

  /**
   * A server certificate for a host's own key. The names in the request are not looked at: the host is who the join
   * token or its credential says. Throws INVALID_REQUEST for a request that is none, or not signed by its key.
   */
  async signNode(request: { csrPem: string; nodeId: string; hostname: string; managementIp: string }) {
    const csr = await readRequest(request.csrPem);
    const names: JsonGeneralName[] = [
      { type: "url", value: nodeUrn(request.nodeId) },
      { type: "dns", value: request.hostname },
    ];
    if (request.managementIp) names.push({ type: "ip", value: request.managementIp });
    return this.#issue({
      commonName: request.nodeId,
      publicKey: csr.publicKey,
      usage: ExtendedKeyUsage.serverAuth,
      names,
    });
  }

  /** The certificate, with a new key, by which hosts know the control plane. */
  async issueControlPlane(): Promise<KeyAndCertificate> {
    const keys = await newKeys();
    const issued = await this.#issue({
      commonName: "limiquantix control plane",
      publicKey: keys.publicKey,
      usage: ExtendedKeyUsage.clientAuth,
      names: [{ type: "url", value: "urn:limiquantix:control-plane" }],
    });
    return { keyPem: await exportKey(keys.privateKey), certificatePem: issued.certificatePem };
  }

  async #issue(wanted: {
    commonName: string;
    publicKey: CryptoKey | Pkcs10CertificateRequest["publicKey"];
    usage: ExtendedKeyUsage;
    names: JsonGeneralName[];
  }): Promise<{ certificatePem: string; serial: string; expiresAt: number }> {
    const expiresAt = this.#clock.now() + leafLifeMs;
    const certificate = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: [{ CN: [wanted.commonName] }],
      issuer: this.#certificate.subject,
      notBefore: new Date(this.#clock.now() - backdateMs),
      notAfter: new Date(expiresAt),
      signingAlgorithm: algorithm,
      publicKey: wanted.publicKey,
      signingKey: this.#key,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([wanted.usage]),
        new SubjectAlternativeNameExtension(wanted.names),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    });
    return { certificatePem: certificate.toString("pem"), serial: certificate.serialNumber, expiresAt };
  }
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
