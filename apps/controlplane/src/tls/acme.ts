import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { Agent } from "node:https";
import { rootCertificates } from "node:tls";
import * as acme from "acme-client";
import type { NodeCredentials } from "@limiquantix/control";
import { Renewal, renewalDue, type Clock, type Log } from "@limiquantix/kit";
import type { AcmeConfig, Address } from "../config.ts";
import { noteCertificate } from "./noted-certificate.ts";
import { lifeOf, reasonOf, type WebCertificate, type WebCertificateSource } from "./web-certificate.ts";
import type { SecretFiles } from "./web-source.ts";

const accountFile = "acme-account.pem";
const certificateFile = "acme.pem";
const challengePath = "/.well-known/acme-challenge/";

interface AcmeParts {
  acme: AcmeConfig;
  trust: NodeCredentials;
  files: SecretFiles | undefined;
  clock: Clock;
  log: Log;
  /** What browsers see until the first one is there. */
  meanwhile: WebCertificateSource;
}

/**
 * A certificate by ACME (RFC 8555), proved over HTTP (8.3), renewed at two thirds of its life. It is kept over restarts
 * with its account's key; while none can be had, what there is stays.
 */
export function acmeSource(parts: AcmeParts): WebCertificateSource {
  const { trust, files, clock, log, meanwhile } = parts;
  const { directory, names } = parts.acme;
  let renewal: Renewal | undefined;
  return {
    async start({ use, failed }) {
      const take = async (certificate: WebCertificate) => {
        const parsed = new X509Certificate(certificate.certificatePem);
        use(certificate);
        meanwhile[Symbol.dispose]();
        await noteCertificate(trust, certificate.certificatePem, directory);
        return lifeOf(parsed);
      };
      const renew = async () => {
        const made = await order(parts);
        await files?.write(certificateFile, `${made.keyPem.trim()}\n${made.certificatePem.trim()}\n`);
        log.info("a certificate came by ACME", { directory, names });
        return take(made);
      };
      renewal = new Renewal({ clock, renew, failed: (cause) => failed(`${directory}: ${reasonOf(cause)}`) });
      const kept = await keptFor(names, files);
      if (kept && new X509Certificate(kept.certificatePem).validToDate.getTime() > clock.now()) {
        const life = await take(kept);
        if (renewalDue(life) > clock.now()) renewal.follow(life);
        else renewal.begin();
        return;
      }
      await meanwhile.start({ use, failed });
      renewal.begin();
    },
    [Symbol.dispose]() {
      renewal?.[Symbol.dispose]();
      meanwhile[Symbol.dispose]();
    },
  };
}

/** The certificate of an earlier start, where it is for these names. */
async function keptFor(names: readonly string[], files: SecretFiles | undefined): Promise<WebCertificate | undefined> {
  const text = await files?.read(certificateFile);
  const begin = text?.indexOf("-----BEGIN CERTIFICATE-----") ?? -1;
  if (!text || begin < 0) return undefined;
  const kept = { keyPem: text.slice(0, begin), certificatePem: text.slice(begin) };
  const certificate = new X509Certificate(kept.certificatePem);
  return names.every((name) => certificate.checkHost(name)) ? kept : undefined;
}

/** One order from start to end: account, authorisations, certificate. */
async function order({ acme: wanted, files }: AcmeParts): Promise<WebCertificate> {
  const { directory, email, names, httpListen, caFile } = wanted;
  if (caFile) {
    const ca = [...rootCertificates, await readFile(caFile, "utf8")];
    acme.axios.defaults.httpsAgent = new Agent({ ca });
  }
  const client = new acme.Client({ directoryUrl: directory, accountKey: await accountKey(files) });
  const [key, csr] = await acme.crypto.createCsr(
    { commonName: names[0] ?? "", altNames: [...names] },
    await acme.crypto.createPrivateEcdsaKey(),
  );
  const answers = new Map<string, string>();
  const server = await answer(httpListen, answers);
  try {
    const certificatePem = await client.auto({
      csr,
      ...(email ? { email } : {}),
      termsOfServiceAgreed: true,
      challengePriority: ["http-01"],
      // It would ask from here, which may not be the way that the ACME server takes.
      skipChallengeVerification: true,
      challengeCreateFn: async (_, { token }, keyAuthorization) => void answers.set(token, keyAuthorization),
      challengeRemoveFn: async (_, { token }) => void answers.delete(token),
    });
    return { certificatePem, keyPem: key.toString() };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** The key that an ACME account is known by, made with the first order. */
async function accountKey(files: SecretFiles | undefined): Promise<string> {
  const kept = await files?.read(accountFile);
  if (kept) return kept;
  const made = (await acme.crypto.createPrivateEcdsaKey()).toString();
  await files?.write(accountFile, made);
  return made;
}

/** Answers the ACME server's question, and nothing else, for as long as an order takes. */
async function answer({ host, port }: Address, answers: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const found = path.startsWith(challengePath) ? answers.get(path.slice(challengePath.length)) : undefined;
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain" });
    response.end(found ?? "there is nothing here\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch((cause: unknown) => {
    throw new Error(`cannot listen on ${host}:${port} for the ACME server's question`, { cause });
  });
  return server;
}
