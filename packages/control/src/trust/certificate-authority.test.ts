import "reflect-metadata";
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";
import { isProblem, nodeUrn, Reason } from "@limiquantix/api";
import { systemClock } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { CertificateAuthority, type KeyAndCertificate } from "./certificate-authority.ts";

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const host = { nodeId: "018f0000-0000-7000-8000-000000000001" };

async function csrPem(algorithm: EcKeyGenParams & { hash: string } = ecdsa) {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=evil",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: "another-host" }])],
  });
  return request.toString("pem");
}

test("a host's certificate names the node and nothing that it asks for: it cannot pass for a web site", async () => {
  const authority = await CertificateAuthority.open({ clock: systemClock });
  const { certificatePem } = await authority.signNode({ ...host, csrPem: await csrPem() });
  const certificate = new X509Certificate(certificatePem);
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON();
  expect(names).toEqual([{ type: "url", value: nodeUrn(host.nodeId) }]);
  expect(certificate.subject).toBe(`CN=${host.nodeId}`);
  expect(await certificate.verify({ publicKey: new X509Certificate(authority.certificatePem).publicKey })).toBe(true);
});

test("the authority is the same after a restart", async () => {
  let kept: KeyAndCertificate | undefined;
  const keyStore = {
    load: async () => kept,
    save: async (pair: KeyAndCertificate) => void (kept = pair),
  };
  const first = await CertificateAuthority.open({ keyStore, clock: systemClock });
  const second = await CertificateAuthority.open({ keyStore, clock: systemClock });
  expect(second.certificatePem).toBe(first.certificatePem);
  const { certificatePem } = await second.issueControlPlane();
  const issued = new X509Certificate(certificatePem);
  expect(await issued.verify({ publicKey: new X509Certificate(first.certificatePem).publicKey })).toBe(true);
});

test("what is no request for a P-256 key is refused", async () => {
  const authority = await CertificateAuthority.open({ clock: systemClock });
  const wrong = ["nonsense", await csrPem({ ...ecdsa, namedCurve: "P-384" })];
  for (const pem of wrong) {
    await expect(authority.signNode({ ...host, csrPem: pem })).rejects.toSatisfy((error) =>
      isProblem(error, Reason.INVALID_REQUEST),
    );
  }
});
