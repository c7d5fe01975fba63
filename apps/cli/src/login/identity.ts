import "reflect-metadata";
import { KeyObject } from "node:crypto";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";

/** A key that never leaves this machine, and the request for a certificate of it (PKCS #10). */
export interface NewIdentity {
  keyPem: string;
  csrPem: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export async function makeIdentity(): Promise<NewIdentity> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const csr = await Pkcs10CertificateRequestGenerator.create({ name: "CN=lqx", keys, signingAlgorithm: algorithm });
  const keyPem = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { keyPem, csrPem: csr.toString("pem") };
}

/** Keeps the key and its certificate in one file, for its owner alone; answers its path. */
export async function saveIdentity(configDir: string, context: string, keyPem: string, certificatePem: string) {
  const path = join(configDir, "sessions", `${encodeURIComponent(context)}.pem`);
  await writePrivately(path, `${certificatePem.trimEnd()}\n${keyPem.trimEnd()}\n`);
  return path;
}

/** The authority that a login trusts, named by its fingerprint; answers its path. */
export async function saveAuthority(configDir: string, fingerprint: string, pem: string): Promise<string> {
  const path = join(configDir, "authorities", `${fingerprint}.pem`);
  await writePrivately(path, pem);
  return path;
}

async function writePrivately(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = `${path}.${process.pid}`;
  await writeFile(beside, text, { mode: 0o600 });
  await chmod(beside, 0o600);
  await rename(beside, path);
}
