import { create } from "@bufbuild/protobuf";
import {
  builtInRoles,
  expandPrivilege,
  invalid,
  problem,
  Reason,
  RoleSchema,
  type Privilege,
  type Role,
} from "@limiquantix/api";
import { roles } from "../identity/tables.ts";
import type { Call } from "../rpc/call.ts";
import type { Database, Transaction } from "../store/database.ts";

const builtIn: ReadonlyMap<string, Role> = new Map(
  builtInRoles.map(({ id, description, privileges }) => [
    id,
    create(RoleSchema, { id, name: id, description, privileges: [...privileges], builtIn: true }),
  ]),
);

/** The built-in roles first, then own ones by name. */
export function allRoles(db: Database): Role[] {
  const own = [...db.all(roles)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [...builtIn.values(), ...own];
}

/** By id or name. */
export function findRole(db: Pick<Transaction, "find" | "by">, idOrName: string): Role | undefined {
  return builtIn.get(idOrName) ?? db.find(roles, idOrName) ?? db.by(roles, "name", idOrName)[0];
}

/** By id or name. Throws NOT_FOUND. */
export function getRole(db: Pick<Transaction, "find" | "by">, idOrName: string): Role {
  const role = findRole(db, idOrName);
  if (!role) throw problem(Reason.NOT_FOUND, { kind: "role", id: idOrName });
  return role;
}

/** One of one's own, to be changed. Throws NOT_FOUND, BUILT_IN. */
export function getOwnRole(tx: Transaction, idOrName: string): Role {
  const role = getRole(tx, idOrName);
  if (role.builtIn) throw problem(Reason.BUILT_IN, { kind: "role", name: role.name });
  return role;
}

/** Built-in roles have their names for ever. Throws NAME_TAKEN. */
export function refuseBuiltInName(name: string): void {
  if (builtIn.has(name)) throw problem(Reason.NAME_TAKEN, { kind: "role", name });
}

/** What patterns stand for. Throws INVALID_REQUEST for one that stands for nothing. */
export function expandPatterns(patterns: readonly string[]): Set<Privilege> {
  const wrong = patterns
    .map((pattern, i) => ({ field: `privileges[${i}]`, pattern }))
    .filter(({ pattern }) => expandPrivilege(pattern).length === 0);
  if (wrong.length > 0) {
    throw invalid(wrong.map((at) => ({ field: at.field, message: `there is no privilege ${at.pattern}` })));
  }
  return new Set(patterns.flatMap(expandPrivilege));
}

/**
 * Who may write roles must not make themselves more than they are: what they put into one they hold on the root, and
 * on all below it. Throws PRIVILEGE_MISSING.
 */
export function refuseEscalation(call: Call, privileges: Iterable<Privilege>): void {
  for (const privilege of privileges) {
    if (call.access.everywhere(privilege)) continue;
    throw problem(Reason.PRIVILEGE_MISSING, { who: call.principal.name, privilege, object: "the root" });
  }
}
