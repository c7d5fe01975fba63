import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { nodeUrn, problem, Reason, type Certificate, type Node } from "@limiquantix/api";
import { isLoopback } from "@limiquantix/kit";

/** What the control plane shows hosts. */
export interface DialerIdentity {
  keyPem: string;
  certificatePem: string;
  caCertificatePem: string;
}

/** What is known of hosts' certificates. */
interface HostCertificates {
  /** Why this one does not prove the node; undefined: it does. */
  hostCertificateFault(nodeId: string, serial: string): string | undefined;
  onRevoked(listener: (certificate: Certificate) => void): Disposable;
}

/** A connection that says nothing for this long is asked whether it lives. */
const pingIntervalMs = 10_000;
const pingTimeoutMs = 5000;
const connectLimitMs = 20_000;
/** An image chunk and its envelope. */
const mostBytes = 8 * 1024 * 1024;

/**
 * How the control plane reaches a host's daemon: gRPC over mutual TLS, where the host's certificate must name the node
 * that is meant, wherever it is reached, and be in force; the connection ends with it. Cleartext only with `dev`, and
 * only on this machine.
 */
export function nodeDialer(options: {
  /** As it is at each connection: it is renewed meanwhile. */
  identity: () => DialerIdentity;
  certificates: HostCertificates;
  dev: boolean;
  /** How long a host has to complete a connection; 20 s unless told. */
  limitMs?: number;
}): (node: Node) => Transport {
  const { certificates, dev, limitMs = connectLimitMs } = options;
  const open = new Map<string, Set<TLSSocket>>();
  certificates.onRevoked(({ subjectId }) => {
    for (const socket of open.get(subjectId) ?? []) socket.destroy(new Error("the host's certificate was revoked"));
  });
  return (node) => {
    const endpoint = node.spec?.agent?.endpoint ?? "";
    const url = parse(endpoint);
    const refuse = (cause: string) => problem(Reason.NODE_UNREACHABLE, { node: node.hostname, cause });
    if (!url) throw refuse(`its endpoint ${endpoint || "(none)"} is no URL`);
    const common = {
      baseUrl: url.origin,
      pingIntervalMs,
      pingTimeoutMs,
      pingIdleConnection: true,
      readMaxBytes: mostBytes,
    };
    if (url.protocol === "http:") {
      if (!dev || !isLoopback(url.hostname)) {
        throw refuse(`its endpoint ${endpoint} is cleartext, which --dev allows on this machine only`);
      }
      return createGrpcTransport(common);
    }
    if (url.protocol !== "https:") throw refuse(`its endpoint ${endpoint} is neither http nor https`);
    const createConnection = () => {
      const { keyPem, certificatePem, caCertificatePem } = options.identity();
      const socket = connectTls({
        host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: Number(url.port || 443),
        key: keyPem,
        cert: certificatePem,
        ca: [caCertificatePem],
        minVersion: "TLSv1.3",
        ALPNProtocols: ["h2"],
        checkServerIdentity: (_, shown) => faultOf(shown, node.id, certificates),
      });
      // One that died in the middle of it says nothing any more, and all who want the host would wait for this connection.
      const silent = new Error(`no connection within ${limitMs / 1000} s`);
      const late = setTimeout(() => socket.destroy(silent), limitMs).unref();
      socket.once("secureConnect", () => clearTimeout(late));
      const sockets = open.get(node.id) ?? new Set();
      open.set(node.id, sockets.add(socket));
      socket.once("close", () => {
        clearTimeout(late);
        sockets.delete(socket);
        if (sockets.size === 0 && open.get(node.id) === sockets) open.delete(node.id);
      });
      return socket;
    };
    return createGrpcTransport({ ...common, nodeOptions: { createConnection } });
  };
}

/** TLS has checked the chain and the time; this checks that the certificate is this node's, and in force. */
function faultOf(shown: PeerCertificate, nodeId: string, certificates: HostCertificates): Error | undefined {
  const names = shown.subjectaltname?.split(", ") ?? [];
  if (!names.includes(`URI:${nodeUrn(nodeId)}`)) return new Error(`the host's certificate is not for node ${nodeId}`);
  const fault = certificates.hostCertificateFault(nodeId, shown.serialNumber.toLowerCase());
  return fault ? new Error(`the host's certificate is not good: ${fault}`) : undefined;
}

function parse(endpoint: string): URL | undefined {
  return URL.canParse(endpoint) ? new URL(endpoint) : undefined;
}
