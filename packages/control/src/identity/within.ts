import type { Privilege } from "@limiquantix/api";
import type { Access } from "../access/access.ts";
import { rootKey, type Inventory } from "../access/inventory.ts";
import type { RightsIndex } from "../access/rights.ts";
import { problem, Reason } from "@limiquantix/api";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { grants } from "./tables.ts";

export interface Bounds {
  rights: RightsIndex;
  inventory: Inventory;
}

interface Held {
  here: ReadonlySet<Privilege>;
  below: ReadonlySet<Privilege>;
}

/**
 * Throws PRIVILEGE_MISSING when the user holds what the caller does not: whoever could reset their password, or make a
 * token of theirs, would have that too. `only` narrows what counts.
 */
export function requireUserWithin(
  bounds: Bounds,
  call: Pick<Call, "access" | "principal">,
  userId: string,
  only?: ReadonlySet<Privilege>,
): void {
  for (const [key, held] of bounds.rights.of(userId).at) requireHeld(bounds.inventory, call, key, held, only);
}

/** Throws PRIVILEGE_MISSING when a group's grants give what the caller does not hold. */
export function requireGroupWithin(
  bounds: Bounds,
  call: Pick<Call, "access" | "principal">,
  tx: Pick<Transaction, "by">,
  groupId: string,
): void {
  for (const { roleId, object, thisObjectOnly } of tx.by(grants, "holder", `group/${groupId}`)) {
    const key = object?.kind === rootKey ? rootKey : `${object?.kind}/${object?.id}`;
    const here = bounds.rights.ofRole(roleId);
    requireHeld(bounds.inventory, call, key, { here, below: thisObjectOnly ? new Set() : here });
  }
}

function requireHeld(
  inventory: Inventory,
  { access, principal }: { access: Access; principal: Call["principal"] },
  key: string,
  held: Held,
  only?: ReadonlySet<Privilege>,
): void {
  const [kind = "", id = ""] = key.split("/");
  const path = inventory.pathOfRef({ kind, id });
  // A grant on what is gone gives nothing.
  if (!path) return;
  // Something below it that nobody has a grant on: what is held there is inherited.
  const anyBelow = [`${key}/*`, ...path];
  for (const [privileges, where] of [[held.here, path] as const, [held.below, anyBelow] as const]) {
    for (const privilege of privileges) {
      if (only && !only.has(privilege)) continue;
      if (access.can(privilege, where)) continue;
      const object = key === rootKey ? "the root" : `${kind} ${id}`;
      throw problem(Reason.PRIVILEGE_MISSING, { who: principal.name, privilege, object });
    }
  }
}
