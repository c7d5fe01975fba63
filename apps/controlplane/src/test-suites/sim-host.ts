import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createSecureServer, createServer, type Http2Server, type Http2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectNodeAdapter, createConnectTransport } from "@connectrpc/connect-node";
import { silentLog, systemClock } from "@limiquantix/kit";
import { createNode, type CertificateRequester, type NodeIdentity } from "@limiquantix/node";
import { simDrivers, SimHost, Lifetime } from "@limiquantix/sim";

/** The daemon's core on a simulated host, on a socket of its own and on real time, joined to a control plane. */
export async function startSimHost(options: {
  controlPlane: string;
  name?: string;
  joinToken?: string;
  /** Serve with the certificate that the control plane signs, to nobody but the control plane. */
  tls?: boolean;
}): Promise<{ host: SimHost; registered: () => boolean } & AsyncDisposable> {
  const { controlPlane, name = "sim-1", joinToken = "", tls = false } = options;
  const host = new SimHost({ name, clock: systemClock, size: undefined, locks: new Map() });
  let handler: ReturnType<typeof connectNodeAdapter> | undefined;
  const serve: typeof handler = (request, response) => handler?.(request, response);
  const secure = tls ? createSecureServer({ requestCert: true, rejectUnauthorized: true }, serve) : undefined;
  const server: Http2Server = secure ?? createServer(serve);
  const sessions = new Set<Http2Session>();
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  let identity: NodeIdentity | undefined;
  const node = createNode({
    ...simDrivers(host, new Lifetime(systemClock)),
    clock: systemClock,
    log: silentLog,
    version: "sim",
    registration: {
      transport: createConnectTransport({ baseUrl: controlPlane, httpVersion: "2" }),
      identity: { load: async () => identity, save: async (saved) => void (identity = saved) },
      agentEndpoint: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
      joinToken,
      certificates: tls ? opensslRequester : undefined,
      onIdentity: ({ privateKeyPem: key, certificatePem: cert, caCertificatePem: ca }) =>
        secure?.setSecureContext({ key, cert, ca }),
    },
  });
  handler = connectNodeAdapter({ routes: (router) => node.routes(router) });
  await node.start();
  return {
    host,
    registered: () => node.registered,
    async [Symbol.asyncDispose]() {
      await node.stop();
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

const opensslRequester: CertificateRequester = {
  life: (pem) => {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    return { fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() };
  },
  async request(hostname) {
    const directory = await mkdtemp(join(tmpdir(), "lqx-csr-"));
    try {
      const [key, csr] = [join(directory, "key.pem"), join(directory, "csr.pem")];
      const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${hostname}`];
      await promisify(execFile)("openssl", ["req", "-new", ...kind, "-keyout", key, "-out", csr]);
      return { csrPem: await readFile(csr, "utf8"), privateKeyPem: await readFile(key, "utf8") };
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};
