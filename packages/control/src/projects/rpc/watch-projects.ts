import { create } from "@bufbuild/protobuf";
import { ProjectUpdateSchema, type WatchProjectsRequest } from "@limiquantix/api";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { projects } from "../../tables.ts";
import { watchTable } from "../../watch/watch-table.ts";
import { followingUsage } from "../following-usage.ts";
import { withUsage } from "../project.ts";

/** Projects as they change, and as what they use changes. */
export async function* watchProjects({ db }: AccessParts, request: WatchProjectsRequest, { access, signal }: Call) {
  const updates = watchTable(followingUsage(db), projects, {
    from: Number(request.fromRevision),
    signal,
    access,
    visible: access.sees("project", "project.view"),
  });
  for await (const { type, row, revision } of updates) {
    const project = row && { project: withUsage(db, row) };
    yield create(ProjectUpdateSchema, { type, ...project, revision: BigInt(revision) });
  }
}
