import { createHash, X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { authorityOfJoinToken, controlPlaneName } from "@limiquantix/api";
import type { NodeIdentity } from "@limiquantix/node";

const connectTimeoutMs = 10_000;

/** What a daemon may know of the control plane before it asks. */
type Known = Pick<NodeIdentity, "certificatePem" | "caCertificatePem" | "privateKeyPem">;

/**
 * The way to the control plane. Over TLS it is the one whose authority the saved identity knows, or the join token
 * names, whatever the address leads to: before that is proved, nothing is said to it, the token least of all.
 */
export class ControlPlaneConnection {
  readonly transport: Transport;
  readonly #url: URL;
  readonly #joinToken: string;
  #known: Known | undefined;
  #current: Promise<Transport> | undefined;

  constructor(options: { url: URL; joinToken: string; identity: Known | undefined }) {
    this.#url = options.url;
    this.#joinToken = options.joinToken;
    this.#known = options.identity;
    this.transport = {
      unary: async (...call) => (await this.#open()).unary(...call),
      stream: async (...call) => (await this.#open()).stream(...call),
    };
  }

  get tls(): boolean {
    return this.#url.protocol === "https:";
  }

  /** From now on with this certificate; undefined: as a stranger with a join token. */
  use(identity: Known | undefined): void {
    this.#known = identity;
    this.#current = undefined;
  }

  #open(): Promise<Transport> {
    const opened = (this.#current ??= this.#make());
    opened.catch(() => {
      if (this.#current === opened) this.#current = undefined;
    });
    return opened;
  }

  async #make(): Promise<Transport> {
    const common = { baseUrl: this.#url.origin, httpVersion: "1.1" } as const;
    if (!this.tls) return createConnectTransport(common);
    const { certificatePem = "", caCertificatePem = "", privateKeyPem = "" } = this.#known ?? {};
    const ca = caCertificatePem || (await fetchAuthority(this.#url, this.#joinToken));
    const proof = certificatePem ? { cert: certificatePem, key: privateKeyPem } : {};
    const nodeOptions = { ca, servername: controlPlaneName, minVersion: "TLSv1.3", ...proof } as const;
    return createConnectTransport({ ...common, nodeOptions });
  }
}

/** Whether a saved identity is of the control plane that a join token is for; one without a token is. */
export function isSameAuthority(identity: Pick<NodeIdentity, "caCertificatePem">, joinToken: string): boolean {
  const wanted = authorityOfJoinToken(joinToken);
  return !wanted || !identity.caCertificatePem || fingerprintOf(identity.caCertificatePem) === wanted;
}

function fingerprintOf(certificatePem: string): string {
  return createHash("sha256").update(new X509Certificate(certificatePem).raw).digest("hex");
}

/** The certificate of the authority that a join token names, PEM. Throws when the control plane shows another one. */
async function fetchAuthority(url: URL, joinToken: string): Promise<string> {
  const wanted = authorityOfJoinToken(joinToken);
  if (!wanted) {
    const why = joinToken ? "the join token is incomplete or was altered" : "this host has no join token";
    throw new ConnectError(
      `${why}: paste the whole command that \`lqx node join-command\` prints`,
      Code.Unauthenticated,
    );
  }
  const chain = await shownChain(url);
  const authority = chain.find((raw) => createHash("sha256").update(raw).digest("hex") === wanted);
  if (authority) return new X509Certificate(authority).toString();
  const message = `${url.origin} is not the control plane that this join token is for, or the token was altered: nothing was sent to it`;
  throw new ConnectError(message, Code.Unauthenticated);
}

/** The certificates that a server shows, DER; they prove nothing yet. */
async function shownChain(url: URL): Promise<Buffer[]> {
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const port = Number(url.port || 443);
    const options = { host, port, servername: controlPlaneName, rejectUnauthorized: false, timeout: connectTimeoutMs };
    const socket: TLSSocket = connect(options, () => resolve(socket));
    socket.once("error", reject);
    socket.once("timeout", () => socket.destroy(new Error("it did not answer in time")));
  }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectError(`${url.origin} cannot be reached: ${why}`, Code.Unavailable, undefined, undefined, cause);
  });
  const chain: Buffer[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at?.raw && !chain.some((raw) => raw.equals(at?.raw ?? Buffer.alloc(0)))) {
    chain.push(at.raw);
    at = at.issuerCertificate;
  }
  socket.destroy();
  return chain;
}
