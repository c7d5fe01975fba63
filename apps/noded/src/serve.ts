import { createSecureServer, createServer, type Http2SecureServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Log } from "@limiquantix/kit";
import type { Node, NodeIdentity } from "@limiquantix/node";

/** In the control plane's certificate, where a host's has its node id: RFC 8141. */
const CONTROL_PLANE_URN = "URI:urn:limiquantix:control-plane";

export interface Server extends AsyncDisposable {
  port: number;
  /** From now on with this certificate; until the first one no TLS connection succeeds. */
  useIdentity(identity: NodeIdentity): void;
}

/**
 * The node daemon on its port: gRPC over HTTP/2, with TLS that only the control plane's certificate opens; cleartext
 * where the caller says so, which must be on loopback.
 */
export async function serve(options: {
  listen: { host: string; port: number };
  tls: boolean;
  /** Undefined while the port is known and the node is not made yet. */
  node: () => Node;
  log: Log;
}): Promise<Server> {
  const { listen, tls, log } = options;
  let handler: ReturnType<typeof connectNodeAdapter> | undefined;
  const handle: ReturnType<typeof connectNodeAdapter> = (request, response) => {
    handler ??= connectNodeAdapter({ routes: (router) => options.node().routes(router), shutdownSignal: ended.signal });
    handler(request, response);
  };
  const ended = new AbortController();
  const secure = tls ? createSecureServer({ requestCert: true, rejectUnauthorized: true }, handle) : undefined;
  const server: Http2Server | Http2SecureServer = secure ?? createServer(handle);
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => {
    const { socket } = session;
    if (tls && !isControlPlane(socket as TLSSocket)) {
      log.warn("a caller that is not the control plane was turned away", { address: socket.remoteAddress });
      session.destroy();
      return;
    }
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", (cause) => log.debug("a connection failed", { err: cause }));
  });
  server.on("tlsClientError", (cause: Error) => log.debug("a TLS handshake failed", { err: cause }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, () => resolve());
  }).catch((cause: unknown) => {
    throw new Error(`listen on ${listen.host}:${listen.port}`, { cause });
  });
  return {
    port: (server.address() as AddressInfo).port,
    useIdentity({ certificatePem, caCertificatePem, privateKeyPem }) {
      if (!secure || !certificatePem) return;
      secure.setSecureContext({
        cert: certificatePem,
        key: privateKeyPem,
        ca: caCertificatePem,
        minVersion: "TLSv1.3",
      });
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new Error("the node daemon is stopping"));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

function isControlPlane(socket: TLSSocket): boolean {
  const names = socket.getPeerCertificate().subjectaltname?.split(", ") ?? [];
  return socket.authorized && names.includes(CONTROL_PLANE_URN);
}
