import { problem, Reason } from "@limiquantix/api";
import type { Principal } from "../rpc/call.ts";
import type { Peer } from "../rpc/context.ts";
import type { Authenticator } from "../rpc/interceptors.ts";
import type { Accounts } from "./accounts.ts";
import type { NodeCredentials } from "./node-credentials.ts";
import type { Tokens } from "./tokens.ts";

const nodeService = "limiquantix.compute.v1.NodeService";

/** What a host's daemon may call, and a person may not. */
const forNodes: ReadonlySet<string> = new Set([
  `${nodeService}/RegisterNode`,
  `${nodeService}/UpdateHeartbeat`,
  `${nodeService}/SyncFullState`,
]);

/** What needs no token. RegisterNode is here for the join token that it carries instead; its handler checks that. */
const open: ReadonlySet<string> = new Set([
  "limiquantix.identity.v1.AuthService/Login",
  `${nodeService}/RegisterNode`,
  "grpc.health.v1.Health/Check",
  "grpc.health.v1.Health/List",
  "grpc.health.v1.Health/Watch",
]);

/** The administrator that a loopback caller without a token is, with `--dev`. */
export const devPrincipal: Principal = { kind: "user", id: "dev", name: "dev", administrator: true, tokenId: "" };

/** Lets in who has a token, and each only to the methods that are for its kind. */
export class Gate implements Authenticator {
  readonly #accounts: Accounts;
  readonly #tokens: Tokens;
  readonly #nodes: NodeCredentials;
  readonly #dev: boolean;

  constructor(parts: { accounts: Accounts; tokens: Tokens; nodes: NodeCredentials; dev: boolean }) {
    this.#accounts = parts.accounts;
    this.#tokens = parts.tokens;
    this.#nodes = parts.nodes;
    this.#dev = parts.dev;
  }

  /** Throws UNAUTHENTICATED, PERMISSION_DENIED. */
  authenticate(request: { method: string; authorization: string | null; peer: Peer }): Principal {
    const principal = this.#identify(request);
    const trusted = principal === devPrincipal;
    if (principal.kind === "nobody" || trusted) return principal;
    if ((principal.kind === "node") !== forNodes.has(request.method)) {
      throw problem(Reason.PERMISSION_DENIED, { who: `${principal.kind} ${principal.name}` });
    }
    return principal;
  }

  #identify({ method, authorization, peer }: Parameters<Authenticator["authenticate"]>[0]): Principal {
    if (!authorization) {
      if (this.#dev && peer.loopback) return devPrincipal;
      if (open.has(method)) return { kind: "nobody", id: "", name: "nobody" };
      throw problem(Reason.UNAUTHENTICATED, { why: "none was sent" });
    }
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (!secret) throw problem(Reason.UNAUTHENTICATED, { why: "the header is not `Bearer <token>`" });
    if (secret.startsWith("lqxnode_")) return this.#nodes.authenticate(secret);
    const token = this.#tokens.use(secret);
    const user = this.#accounts.find(token.userId);
    if (!user) throw problem(Reason.UNAUTHENTICATED, { why: "its user is gone" });
    return { kind: "user", id: user.id, name: user.name, administrator: user.administrator, tokenId: token.id };
  }
}
