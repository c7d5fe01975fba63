import { create } from "@bufbuild/protobuf";
import { ListProjectsResponseSchema, type ListProjectsRequest, type ListProjectsResponse } from "@limiquantix/api";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { pageOf } from "../../rpc/page.ts";
import { projects } from "../../tables.ts";
import { withUsage } from "../project.ts";

export function listProjects(
  { db }: AccessParts,
  request: ListProjectsRequest,
  { access }: Call,
): ListProjectsResponse {
  const visible = access.sees("project", "project.view");
  const labels = Object.entries(request.labels);
  const found = [...db.all(projects)].filter(
    (project) => labels.every(([key, value]) => project.labels[key] === value) && visible(project),
  );
  const { items, nextPageToken, totalCount } = pageOf(found, request);
  return create(ListProjectsResponseSchema, {
    projects: items.map((project) => withUsage(db, project)),
    nextPageToken,
    totalCount,
  });
}
