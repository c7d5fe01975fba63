import type { MessageInitShape } from "@bufbuild/protobuf";
import { AuditRecord_Outcome, type ListAuditRequestSchema } from "@limiquantix/api";
import { getProject, getUserId } from "../../rpc/resolve-identities.ts";
import { getObject } from "../../rpc/resolve-object.ts";
import { isId } from "../../rpc/resolve.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";
import { parseSince } from "../../values/since.ts";

export interface AuditFilter {
  search?: string | undefined;
  since?: string;
  until?: string;
  user?: string;
  object?: string;
  method?: string;
  project?: string;
  address?: string;
  denied?: boolean;
  failed?: boolean;
}

/** An id does for a user or an object even where there is none of it any more: the log knows it still. */
export async function auditRequest(
  session: Session,
  filter: AuditFilter,
): Promise<MessageInitShape<typeof ListAuditRequestSchema>> {
  if (filter.denied && filter.failed)
    throw new UsageError("what was denied did not fail, and the other way round", "Give --denied or --failed.");
  const { user, object, project } = filter;
  const [actorId, objectId, projectId] = await Promise.all([
    user === undefined || isId(user) ? (user ?? "") : getUserId(session, user),
    object === undefined || isId(object) ? (object ?? "") : getObject(session, object).then((it) => it.id ?? ""),
    project === undefined || isId(project) ? (project ?? "") : getProject(session, project).then((it) => it.id),
  ]);
  return {
    actorId,
    objectId,
    projectId,
    method: filter.method ?? "",
    address: filter.address ?? "",
    search: filter.search ?? "",
    outcome: filter.denied
      ? AuditRecord_Outcome.DENIED
      : filter.failed
        ? AuditRecord_Outcome.FAILED
        : AuditRecord_Outcome.UNKNOWN,
    ...(filter.since ? { since: parseSince(filter.since) } : {}),
    ...(filter.until ? { until: parseSince(filter.until) } : {}),
  };
}
