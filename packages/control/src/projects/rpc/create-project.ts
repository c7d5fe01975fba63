import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ProjectSchema, type CreateProjectRequest, type Project } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { rootKey } from "../../access/inventory.ts";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { projects } from "../../tables.ts";
import { withUsage } from "../project.ts";

/** Throws NAME_TAKEN, and PRIVILEGE_MISSING for a quota from who may not set one. */
export function createProject(parts: AccessParts, request: CreateProjectRequest, call: Call): Promise<Project> {
  return mutate(parts, call, { method: "ProjectService.CreateProject", request, response: ProjectSchema }, (tx) => {
    if (request.quota) call.access.require("project.quota", { kind: rootKey, id: "" });
    const now = timestampFromMs(parts.clock.now());
    const { name, description, labels, quota } = request;
    const project = create(ProjectSchema, { id: newId(), name, description, labels, createdAt: now, updatedAt: now });
    if (quota) project.quota = quota;
    tx.insert(projects, project);
    return withUsage(tx, project);
  });
}
