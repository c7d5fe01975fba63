import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AuditRecordSchema, ResourceRefSchema, type AuditRecord, type ResourceRef } from "@limiquantix/api";
import { targetOf } from "../access/authorise.ts";
import { Inventory, isObjectKind, rootKey } from "../access/inventory.ts";
import { users } from "../identity/tables.ts";
import type { Principal } from "../rpc/call.ts";
import type { Peer } from "../rpc/context.ts";
import type { Database } from "../store/database.ts";
import { accessRuleOf, nounOfService } from "./methods.ts";
import { describe, subjectOf } from "./subjects.ts";

/** What a record tells of a call however it ends. */
export interface Caller {
  principal: Principal;
  peer: Peer;
  requestId: string;
}

/** A record without outcome, changes and its place in the chain. `at` in milliseconds since the epoch. */
export function beginRecord(caller: Caller, method: string, at: number): AuditRecord {
  const { principal, peer, requestId } = caller;
  return create(AuditRecordSchema, {
    at: timestampFromMs(at),
    actorKind: principal.kind,
    actorId: principal.id,
    actorName: principal.name,
    tokenId: principal.kind === "user" ? principal.tokenId : "",
    address: peer.address,
    requestId,
    method,
  });
}

export interface About {
  object: Omit<ResourceRef, "$typeName"> | undefined;
  projectId: string;
}

export function setAbout(record: AuditRecord, about: About | undefined): void {
  if (about?.object) record.object = create(ResourceRefSchema, about.object);
  record.projectId = about?.projectId ?? "";
}

/** What a request is about, as far as it tells and is there. */
export function aboutRequest(db: Pick<Database, "find" | "by">, method: string, request: object): About {
  const rule = accessRuleOf(method)?.caller;
  if (rule?.kind === "privilege" && rule.targets.length > 0) {
    const { kind, id } = targetOf(rule.targets, request);
    return kind === rootKey ? { object: { kind, id: "", name: "" }, projectId: "" } : aboutObject(db, kind, id);
  }
  const { id, userId, username } = request as { id?: unknown; userId?: unknown; username?: unknown };
  const kind = nounOfService[method.split(".")[0] ?? ""];
  if (kind && typeof id === "string" && id) return aboutObject(db, kind, id);
  if (typeof userId === "string" && userId) return aboutObject(db, "user", userId);
  // Only a name that there is: people type their password into the wrong field.
  const user = typeof username === "string" ? db.by(users, "name", username)[0] : undefined;
  if (user) return aboutObject(db, "user", user.id);
  return { object: undefined, projectId: "" };
}

function aboutObject(db: Pick<Database, "find" | "by">, kind: string, idOrName: string): About {
  const table = subjectOf(kind)?.table;
  const row = isObjectKind(kind) ? new Inventory(db).find(kind, idOrName) : table && db.find(table, idOrName);
  if (!row) return { object: { kind, id: idOrName, name: "" }, projectId: "" };
  const { name, projectId } = describe(kind, row);
  return { object: { kind, id: (row as { id?: string }).id ?? idOrName, name }, projectId };
}
