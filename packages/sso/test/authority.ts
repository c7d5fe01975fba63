import "reflect-metadata";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hourMs = 3600_000;

/** A certificate authority that lives as long as a test. */
export class TestAuthority {
  readonly #keys: CryptoKeyPair;
  readonly #certificate: X509Certificate;

  private constructor(keys: CryptoKeyPair, certificate: X509Certificate) {
    this.#keys = keys;
    this.#certificate = certificate;
  }

  static async make(name: string): Promise<TestAuthority> {
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - hourMs),
      notAfter: new Date(Date.now() + hourMs),
      extensions: [new BasicConstraintsExtension(true, 1, true)],
    });
    return new TestAuthority(keys, certificate);
  }

  get caPem(): string {
    return this.#certificate.toString("pem");
  }

  /** For a server at this name or address. */
  async issue(host: string): Promise<{ certPem: string; keyPem: string }> {
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const type = /^[\d.]+$/.test(host) ? "ip" : "dns";
    const certificate = await X509CertificateGenerator.create({
      subject: "CN=test server",
      issuer: this.#certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - hourMs),
      notAfter: new Date(Date.now() + hourMs),
      extensions: [new SubjectAlternativeNameExtension([{ type, value: host }])],
    });
    const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { certPem: certificate.toString("pem"), keyPem: PemConverter.encode(key, "PRIVATE KEY") };
  }
}
