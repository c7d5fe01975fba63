import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  GrantSchema,
  invalid,
  problem,
  Reason,
  type CreateGrantRequest,
  type Grant,
  type Privilege,
  type ResourceRef,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { grants, groups, users } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { notFound } from "../access.ts";
import { grantableKinds, Inventory, rootKey, type Path } from "../inventory.ts";
import type { AccessParts } from "../parts.ts";
import { expandPatterns, getRole } from "../role.ts";
import { shownGrant } from "../shown-grant.ts";

/**
 * Gives a role on an object. One that is held already is answered as it is, widened to what is below the object where
 * that is asked for. Throws NOT_FOUND for the holder, the role and the object, and PRIVILEGE_MISSING for what the
 * caller does not hold there.
 */
export function createGrant(parts: AccessParts, request: CreateGrantRequest, call: Call): Promise<Grant> {
  return mutate(parts, call, { method: "GrantService.CreateGrant", request, response: GrantSchema }, (tx) => {
    const { thisObjectOnly } = request;
    const object = grantable(tx, call, request.object);
    const role = getRole(tx, request.roleId);
    refuseMoreThanOwn(call, ["grant.manage", ...expandPatterns(role.privileges)], { ...object, thisObjectOnly });
    const holder = holderOf(tx, request.holder);

    const held = tx
      .by(grants, "holder", `${holder.case === "groupId" ? "group" : "user"}/${holder.value}`)
      .find((grant) => grant.roleId === role.id && grant.object?.kind === object.kind && grant.object.id === object.id);
    if (held) {
      const wider = held.thisObjectOnly && !thisObjectOnly;
      return shownGrant(tx, wider ? tx.update(grants, held.id, (copy) => void (copy.thisObjectOnly = false)) : held);
    }
    const grant = create(GrantSchema, {
      id: newId(),
      holder,
      roleId: role.id,
      object: { kind: object.kind, id: object.id },
      thisObjectOnly,
      createdAt: timestampFromMs(parts.clock.now()),
      createdBy: call.principal.name,
    });
    tx.insert(grants, grant);
    return shownGrant(tx, grant);
  });
}

/** The object by its id, read in the transaction: no grant comes to be on what is deleted meanwhile. */
function grantable(
  tx: Transaction,
  call: Call,
  ref: ResourceRef | undefined,
): { kind: string; id: string; path: Path } {
  const { kind = "", id = "" } = ref ?? {};
  if (kind === rootKey) {
    if (id !== "") throw invalid([{ field: "object.id", message: "the root has none" }]);
    return { kind, id, path: [rootKey] };
  }
  const known = grantableKinds.find((one) => one === kind);
  if (!known) {
    throw invalid([{ field: "object.kind", message: `must be root or one of ${grantableKinds.join(", ")}` }]);
  }
  const inventory = new Inventory(tx);
  const row = inventory.find(known, id, call.access.sees(known, `${known}.view`));
  if (!row) throw notFound({ kind, id });
  return { kind, id: row.id, path: inventory.pathOf(known, row) };
}

/** Nobody gives what they have not; what reaches below the object they must have there, too. */
function refuseMoreThanOwn(
  call: Call,
  privileges: readonly Privilege[],
  { kind, id, path, thisObjectOnly }: { kind: string; id: string; path: Path; thisObjectOnly: boolean },
): void {
  const reach = thisObjectOnly ? path : ["", ...path];
  const missing = privileges.find((privilege) => !call.access.can(privilege, reach));
  if (missing === undefined) return;
  const below = !thisObjectOnly && call.access.can(missing, path) ? "all below " : "";
  const object = below + (kind === rootKey ? "the root" : `${kind} ${id}`);
  throw problem(Reason.PRIVILEGE_MISSING, { who: call.principal.name, privilege: missing, object });
}

/** By id or name. */
function holderOf(tx: Transaction, { case: kind, value = "" }: CreateGrantRequest["holder"]): Grant["holder"] {
  if (kind === "userId") {
    const user = tx.find(users, value) ?? tx.by(users, "name", value)[0];
    if (user) return { case: kind, value: user.id };
  } else if (kind === "groupId") {
    const group = tx.find(groups, value) ?? tx.by(groups, "name", value)[0];
    if (group) return { case: kind, value: group.id };
  } else {
    throw invalid([{ field: "holder", message: "must be a user or a group" }]);
  }
  throw problem(Reason.NOT_FOUND, { kind: kind === "userId" ? "user" : "group", id: value });
}
