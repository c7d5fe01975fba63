import { timestampMs } from "@bufbuild/protobuf/wkt";
import { accessOf, nodeIdIn, problem, publicServices, Reason, Token_Kind } from "@limiquantix/api";
import type { NodeCredentialRow, TokenRow, UserRow } from "@limiquantix/api/rows";
import { fullAccess, noAccess, UserAccess } from "../access/access.ts";
import type { Caller } from "../access/authorise.ts";
import type { Inventory } from "../access/inventory.ts";
import type { RightsIndex } from "../access/rights.ts";
import type { Principal } from "../rpc/call.ts";
import type { Peer, PeerCertificate } from "../rpc/context.ts";
import type { Authenticator } from "../rpc/interceptors.ts";
import type { Database, TableChange } from "../store/database.ts";
import { loginPolicyOf } from "./login-policy.ts";
import { isCrossSite, isSameOrigin, readSessionCookie } from "./session-cookie.ts";
import type { CertificateStatus } from "./session-certificates.ts";
import { nodeCredentials, users } from "./tables.ts";
import type { Tokens } from "./tokens.ts";

/** The principal that a loopback caller without a token is, with `--dev`. */
export const devId = "dev";
const dev: Caller = { principal: { kind: "user", id: devId, name: devId, tokenId: "" }, access: fullAccess };
const nobody: Caller = { principal: { kind: "nobody", id: "", name: "nobody" }, access: noAccess };

/** Who hosts are; trust/ implements it. */
export interface NodeAuthenticator {
  /** Whose token this is. Throws UNAUTHENTICATED, CERTIFICATE_NEEDED. */
  authenticate(secret: string, request: { method: string; peer: Peer }): Principal;
  /** Whose certificate this is, where it names a host. Throws CERTIFICATE_REVOKED. */
  authenticateCertificate(certificate: PeerCertificate): Principal;
}

export interface GateParts {
  db: Database;
  tokens: Tokens;
  nodes: NodeAuthenticator;
  certificates?: CertificateStatus | undefined;
  rights: RightsIndex;
  inventory: Inventory;
  dev: boolean;
}

/** What a session may do that must first change its password or set up a second factor. */
const forLimited: ReadonlySet<string> = new Set([
  ...[
    "WhoAmI",
    "Logout",
    "ChangePassword",
    "ListFactors",
    "StartTotp",
    "ConfirmTotp",
    "StartPasskey",
    "ConfirmPasskey",
  ].map((method) => `limiquantix.identity.v1.AuthService/${method}`),
  "limiquantix.identity.v1.GrantService/CanI",
]);

/** Methods that ask for nobody in particular: a browser's cookie, stale perhaps, is not looked at. */
const forAnyone: ReadonlySet<string> = new Set(
  publicServices.flatMap(({ typeName, methods }) =>
    methods.filter((method) => accessOf(method)?.caller.kind === "anyone").map(({ name }) => `${typeName}/${name}`),
  ),
);

interface KnownToken {
  /** As it was when the caller was made: another one since makes another caller. */
  user: UserRow;
  caller: Caller;
  serial: string | undefined;
}

/** Finds out who calls by what they carry: a token, a browser's cookie, a host's certificate, or nothing. */
export class Gate implements Authenticator, Disposable {
  readonly #parts: GateParts;
  /** By token id: what a token's caller may do is compiled once, and not for each call. */
  readonly #known = new Map<string, KnownToken>();
  readonly #hosts = new WeakMap<Caller, PeerCertificate>();
  readonly #listeners = new Set<() => void>();
  readonly #subscription: Disposable;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#subscription = parts.db.subscribe((changes) => {
      for (const { table, id, after } of changes) if (table.kind === "token" && !after) this.#known.delete(id);
      if (changes.some(locksOut)) for (const listener of this.#listeners) listener();
    });
  }

  /** Throws UNAUTHENTICATED, CERTIFICATE_NEEDED, CERTIFICATE_REVOKED, PASSWORD_MUST_CHANGE, SECOND_FACTOR_NEEDED. */
  authenticate({ method, headers, peer }: { method: string; headers: Headers; peer: Peer }): Caller {
    const authorization = headers.get("authorization");
    if (!authorization) return this.#withoutToken(method, headers, peer);
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (!secret) throw problem(Reason.UNAUTHENTICATED, { why: "the header is not `Bearer <token>`" });
    if (secret.startsWith("lqxnode_")) {
      return { principal: this.#parts.nodes.authenticate(secret, { method, peer }), access: noAccess };
    }
    return this.#user(secret, method, peer);
  }

  recheck(caller: Caller): void {
    const { db, tokens } = this.#parts;
    const { principal } = caller;
    if (principal.kind === "node") return this.#recheckHost(principal, caller);
    if (principal.kind !== "user" || principal.id === devId) return;
    const row = tokens.inForce(tokens.find(principal.tokenId));
    const user = requireEnabled(db.find(users, principal.id));
    this.#requireUnrevoked(this.#known.get(row.id)?.serial, principal.name);
    // No stream is among what a limited session may do.
    this.#requireUnlimited("", row, user);
  }

  onChange(listener: () => void): Disposable {
    // Wrapped, so that one function can listen twice.
    const entry = () => listener();
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#listeners.clear();
  }

  #withoutToken(method: string, headers: Headers, peer: Peer): Caller {
    const cookie = forAnyone.has(method) ? undefined : readSessionCookie(headers, peer.tls ?? false);
    if (cookie) {
      if (isSameOrigin(headers)) return this.#user(cookie, method, peer);
      const why = "a browser's cookie counts only with what this control plane's own pages send";
      throw problem(Reason.UNAUTHENTICATED, { why });
    }
    if (peer.certificate && nodeIdIn(peer.certificate.uris)) return this.#host(peer.certificate);
    // Any page that a developer looks at can send requests to their own machine.
    return this.#parts.dev && peer.loopback && !isCrossSite(headers) ? dev : nobody;
  }

  #host(certificate: PeerCertificate): Caller {
    const caller: Caller = { principal: this.#parts.nodes.authenticateCertificate(certificate), access: noAccess };
    this.#hosts.set(caller, certificate);
    return caller;
  }

  #user(secret: string, method: string, peer: Peer): Caller {
    const { db, tokens, rights, inventory } = this.#parts;
    const row = tokens.use(secret, peer.address);
    const user = requireEnabled(db.find(users, row.token.userId));
    let known = this.#known.get(row.id);
    if (known?.user !== user) {
      const { id, name } = user.user ?? { id: user.id, name: "" };
      const scope = { privileges: row.token.scopes, objects: row.token.objects };
      const sinceMs = user.user?.createdAt && timestampMs(user.user.createdAt);
      const access = new UserAccess({ rights, inventory, user: { id, name, sinceMs }, scope });
      const caller: Caller = { principal: { kind: "user", id, name, tokenId: row.id }, access };
      known = { user, caller, serial: undefined };
      this.#known.set(row.id, known);
    }
    if (row.certificateFingerprint) {
      if (peer.certificate?.fingerprint !== row.certificateFingerprint) throw problem(Reason.CERTIFICATE_NEEDED);
      known.serial = peer.certificate.serial;
      this.#requireUnrevoked(known.serial, known.caller.principal.name);
    }
    this.#requireUnlimited(method, row, user);
    return known.caller;
  }

  #requireUnlimited(method: string, row: TokenRow, { user }: UserRow): void {
    if (row.token?.kind !== Token_Kind.SESSION || !user || forLimited.has(method) || forAnyone.has(method)) return;
    if (user.mustChangePassword) throw problem(Reason.PASSWORD_MUST_CHANGE, { who: user.name });
    const needed = !user.secondFactor && !row.vouched && loginPolicyOf(this.#parts.db).requireSecondFactor;
    if (needed) throw problem(Reason.SECOND_FACTOR_NEEDED, { who: user.name });
  }

  #requireUnrevoked(serial: string | undefined, who: string): void {
    if (serial === undefined || !this.#parts.certificates?.isRevoked(serial)) return;
    throw problem(Reason.CERTIFICATE_REVOKED, { who, why: "it was revoked" });
  }

  #recheckHost(principal: Principal, caller: Caller): void {
    const certificate = this.#hosts.get(caller);
    if (certificate) this.#parts.nodes.authenticateCertificate(certificate);
    if (this.#parts.db.find(nodeCredentials, principal.id)) return;
    throw problem(Reason.UNAUTHENTICATED, { why: "it is of no registered host" });
  }
}

function requireEnabled(row: UserRow | undefined): UserRow {
  if (!row) throw problem(Reason.UNAUTHENTICATED, { why: "its user is gone" });
  if (row.user?.disabled) throw problem(Reason.UNAUTHENTICATED, { why: "its user is disabled" });
  return row;
}

/** Whether a change can make somebody's credentials bad. That a token was used, or somebody logged in, does not. */
function locksOut({ table, before, after }: TableChange): boolean {
  switch (table.kind) {
    case "token":
      return after === undefined;
    case "user":
      return !after || limitsOf(after as UserRow) !== limitsOf(before as UserRow | undefined);
    case "node-credential":
      return !after || (before !== undefined && secretsOf(after) !== secretsOf(before));
    case "certificate":
      return before !== undefined;
    case "login-policy":
      return true;
    default:
      return false;
  }
}

function limitsOf(row: UserRow | undefined): string {
  return `${row?.user?.disabled} ${row?.user?.mustChangePassword} ${row?.user?.secondFactor}`;
}

function secretsOf(row: unknown): string {
  const { secretHash, certificateSerial } = row as NodeCredentialRow;
  return `${secretHash} ${certificateSerial}`;
}
