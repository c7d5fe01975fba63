import type { PeerCertificate } from "node:tls";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { problem, Reason, type Node } from "@limiquantix/api";
import { nodeUrn } from "@limiquantix/control";
import { isLoopback } from "./config.ts";

export interface DialerIdentity {
  keyPem: string;
  certificatePem: string;
  caCertificatePem: string;
}

/** A connection that says nothing for this long is asked whether it lives. */
const pingIntervalMs = 10_000;
const pingTimeoutMs = 5000;
/** An image chunk and its envelope. */
const mostBytes = 8 * 1024 * 1024;

/**
 * How the control plane reaches a host's daemon: gRPC over mutual TLS, where the host's certificate must name the node
 * that is meant, wherever it is reached. Cleartext only with `dev`, and only on this machine.
 */
export function nodeDialer(options: { identity: DialerIdentity; dev: boolean }): (node: Node) => Transport {
  const { identity, dev } = options;
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
    return createGrpcTransport({
      ...common,
      nodeOptions: {
        key: identity.keyPem,
        cert: identity.certificatePem,
        ca: [identity.caCertificatePem],
        minVersion: "TLSv1.3",
        checkServerIdentity: (_, certificate) => wrongNode(certificate, node.id),
      },
    });
  };
}

/** TLS has checked the chain; this checks that the certificate is this node's and not another one's. */
function wrongNode(certificate: PeerCertificate, nodeId: string): Error | undefined {
  const names = certificate.subjectaltname?.split(", ") ?? [];
  if (names.includes(`URI:${nodeUrn(nodeId)}`)) return undefined;
  return new Error(`the host's certificate is not for node ${nodeId}`);
}

function parse(endpoint: string): URL | undefined {
  return URL.canParse(endpoint) ? new URL(endpoint) : undefined;
}
