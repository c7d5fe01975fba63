import { isPrivilege, problem, Reason, type AccessTarget, type MethodAccess } from "@limiquantix/api";
import type { Principal } from "../rpc/call.ts";
import { notFound, type Access } from "./access.ts";
import { defaultProjectId, isObjectKind, rootKey, type Inventory } from "./inventory.ts";

export interface Caller {
  principal: Principal;
  access: Access;
}

/**
 * Lets a call through to its handler or throws PERMISSION_DENIED, PRIVILEGE_MISSING, NOT_FOUND. Lists and watches are
 * let through for everybody who is signed in: their handlers show what the caller may see.
 */
export function authorise(
  { caller: allowed }: MethodAccess,
  { principal, access }: Caller,
  request: object,
  inventory: Inventory,
  /** Whether the caller was answered under this idempotency key before. */
  isRepeat: (key: string) => boolean = () => false,
): void {
  if (allowed.kind === "anyone") return;
  if (principal.kind === "nobody") throw problem(Reason.UNAUTHENTICATED, { why: "none was sent" });
  if ((principal.kind === "node") !== (allowed.kind === "host")) {
    throw problem(Reason.PERMISSION_DENIED, { who: `${principal.kind} ${principal.name}` });
  }
  if (principal.kind === "node") return refuseForOtherNode(principal, request);
  if (allowed.kind !== "privilege" || allowed.filters) return;
  const target = byIdOf(targetOf(allowed.targets, request), access, inventory);
  const missing = target.kind !== rootKey && inventory.pathOfRef(target) === undefined;
  // A repeat of a request that deleted its object gets its first answer, which is the caller's own, from the handler.
  if (missing && isMutation(request) && !request.dryRun && isRepeat(request.idempotencyKey)) return;
  if (missing) throw notFound(target);
  access.require(allowed.privilege, target);
}

/** The object that a request is about. */
export function targetOf(targets: readonly AccessTarget[], request: object): { kind: string; id: string } {
  for (const { kind, path } of targets) {
    const value = valueAt(request, path);
    if (kind === "") {
      if (isRef(value)) return { kind: value.kind || rootKey, id: value.id };
    } else if (typeof value === "string" && value !== "") {
      return { kind, id: value };
    }
  }
  // What names no project is in the default one.
  if (targets.some(({ kind }) => kind === "project")) return { kind: "project", id: defaultProjectId };
  return { kind: rootKey, id: "" };
}

/** What a name stands for to this caller: another project's object of the same name is not in their way. */
function byIdOf(target: { kind: string; id: string }, access: Access, inventory: Inventory): typeof target {
  const { kind, id } = target;
  const view = `${kind}.view`;
  if (!isObjectKind(kind) || !isPrivilege(view)) return target;
  const visible = access.sees(kind, view);
  const [only, ...others] = inventory.candidates(kind, id, visible);
  if (others.length > 0) throw notFound({ kind, id: `${id} (several have this name: give the id)` });
  // The id of one that is hidden must not come to stand in the error.
  return only && visible(only) ? { kind, id: only.id } : target;
}

/** Follows JSON names; a oneof's member is reached by its name, as in JSON. */
function valueAt(message: object, path: readonly string[]): unknown {
  let value: unknown = message;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = step in value ? (value as Record<string, unknown>)[step] : oneofMember(value, step);
  }
  return value;
}

function oneofMember(message: object, name: string): unknown {
  for (const field of Object.values(message)) {
    if (typeof field === "object" && field !== null && "case" in field && field.case === name) return field.value;
  }
  return undefined;
}

function isMutation(request: object): request is { idempotencyKey: string; dryRun?: boolean } {
  return "idempotencyKey" in request && typeof request.idempotencyKey === "string" && request.idempotencyKey !== "";
}

function isRef(value: unknown): value is { kind: string; id: string } {
  return typeof value === "object" && value !== null && "kind" in value && "id" in value;
}

/** A host speaks for itself only. */
function refuseForOtherNode(principal: Principal, request: object): void {
  if ("nodeId" in request && request.nodeId !== principal.id) {
    throw problem(Reason.PERMISSION_DENIED, { who: `host ${principal.name}` });
  }
}
