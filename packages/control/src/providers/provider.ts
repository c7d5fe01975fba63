import { clone, create } from "@bufbuild/protobuf";
import { IdentityProviderSchema, problem, Reason, type IdentityProvider } from "@limiquantix/api";
import type { ProviderRow } from "@limiquantix/api/rows";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Sealer } from "../identity/sealer.ts";
import { providers } from "../identity/tables.ts";
import type { Transaction } from "../store/database.ts";

type Reads = Pick<Transaction, "find" | "by">;

export function findProvider(db: Reads, idOrName: string): ProviderRow | undefined {
  return db.find(providers, idOrName) ?? db.by(providers, "name", idOrName)[0];
}

/** By id or name. Throws NOT_FOUND. */
export function getProvider(db: Reads, idOrName: string): ProviderRow {
  const row = findProvider(db, idOrName);
  if (!row) throw problem(Reason.NOT_FOUND, { kind: "identity provider", id: idOrName });
  return row;
}

/** As clients see it: without its secret, at its row's revision. */
export function shownProvider(row: ProviderRow): IdentityProvider {
  const provider = clone(IdentityProviderSchema, row.provider ?? create(IdentityProviderSchema));
  provider.revision = row.revision;
  return provider;
}

/** Takes the secret out of a message, so that no store, answer or log has it. */
export function takeSecret(provider: IdentityProvider): string {
  const { kind } = provider;
  let secret = "";
  if (kind.case === "oidc") [secret, kind.value.clientSecret] = [kind.value.clientSecret, ""];
  if (kind.case === "ldap") [secret, kind.value.bindPassword] = [kind.value.bindPassword, ""];
  return secret;
}

export function sealSecret(sealer: Sealer, id: string, secret: string): Uint8Array {
  return secret ? sealer.seal(utf8ToBytes(secret), contextOf(id)) : new Uint8Array();
}

/** Empty where there is none. Throws when it was sealed with another key. */
export function openSecret(sealer: Sealer, row: ProviderRow): string {
  if (row.sealedSecret.length === 0) return "";
  return new TextDecoder().decode(sealer.open(row.sealedSecret, contextOf(row.id)));
}

const contextOf = (id: string): string => `provider/${id}`;
