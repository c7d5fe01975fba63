import { problem, Reason } from "@limiquantix/api";
import { fullAccess, noAccess, UserAccess, type TokenScope } from "../access/access.ts";
import type { Caller } from "../access/authorise.ts";
import type { Inventory } from "../access/inventory.ts";
import type { RightsIndex } from "../access/rights.ts";
import type { Peer } from "../rpc/context.ts";
import type { Authenticator } from "../rpc/interceptors.ts";
import type { Accounts } from "./accounts.ts";
import type { NodeCredentials } from "../trust/node-credentials.ts";
import type { Tokens } from "./tokens.ts";

/** The administrator that a loopback caller without a token is, with `--dev`. */
const dev: Caller = {
  principal: { kind: "user", id: "dev", name: "dev", tokenId: "" },
  access: fullAccess,
};
const nobody: Caller = { principal: { kind: "nobody", id: "", name: "nobody" }, access: noAccess };

/** Finds out who calls by what they carry: a token, or nothing. */
export class Gate implements Authenticator {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Throws UNAUTHENTICATED. */
  authenticate({ headers, peer }: { headers: Headers; peer: Peer }): Caller {
    const { accounts, tokens, nodes, rights, inventory } = this.#parts;
    const authorization = headers.get("authorization");
    if (!authorization) return this.#parts.dev && peer.loopback ? dev : nobody;
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (!secret) throw problem(Reason.UNAUTHENTICATED, { why: "the header is not `Bearer <token>`" });
    if (secret.startsWith("lqxnode_")) return { principal: nodes.authenticate(secret), access: noAccess };
    const token = tokens.use(secret);
    const user = accounts.find(token.userId);
    if (!user) throw problem(Reason.UNAUTHENTICATED, { why: "its user is gone" });
    const scope: TokenScope = { privileges: token.scopes, objects: token.objects };
    return {
      principal: { kind: "user", id: user.id, name: user.name, tokenId: token.id },
      access: new UserAccess({ rights, inventory, user, scope }),
    };
  }

  recheck(_caller: Caller): void {}

  onChange(_listener: () => void): Disposable {
    return { [Symbol.dispose]: () => {} };
  }
}

interface GateParts {
  accounts: Accounts;
  tokens: Tokens;
  nodes: NodeCredentials;
  rights: RightsIndex;
  inventory: Inventory;
  dev: boolean;
}
