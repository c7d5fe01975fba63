import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CreateProjectRequestSchema,
  ProjectSchema,
  validate,
  type Project,
  type UpdateProjectRequest,
} from "@limiquantix/api";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { projects } from "../../tables.ts";
import { getProject, refuseBuiltIn, withUsage } from "../project.ts";

/**
 * A quota below what is used already keeps it from growing. Throws BUILT_IN for the default project's name,
 * PRIVILEGE_MISSING for a quota from who may not set it, NAME_TAKEN, REVISION_CONFLICT.
 */
export function updateProject(parts: AccessParts, request: UpdateProjectRequest, call: Call): Promise<Project> {
  const fields = maskedFields(request.updateMask, ["name", "description", "labels", "quota"]);
  const asked = create(ProjectSchema, request.project);
  return mutate(parts, call, { method: "ProjectService.UpdateProject", request, response: ProjectSchema }, (tx) => {
    const current = getProject(tx, request.id);
    checkRevision("project", current, request.revision);
    if (fields.has("quota")) call.access.require("project.quota", { kind: "project", id: current.id });
    const renamed = fields.has("name") && asked.name !== current.name;
    if (renamed) refuseBuiltIn(current);
    const project = tx.update(projects, current.id, (copy) => {
      if (renamed) copy.name = asked.name;
      if (fields.has("description")) copy.description = asked.description;
      if (fields.has("labels")) copy.labels = { ...asked.labels };
      if (fields.has("quota") && asked.quota) copy.quota = asked.quota;
      else if (fields.has("quota")) delete copy.quota;
      copy.updatedAt = timestampFromMs(parts.clock.now());
    });
    const { description, labels, quota } = project;
    // A project of before projects had rules for their names may keep its own.
    const name = renamed ? project.name : "kept";
    const rules = create(CreateProjectRequestSchema, { name, description, labels });
    if (quota) rules.quota = quota;
    validate(CreateProjectRequestSchema, rules);
    return withUsage(tx, project);
  });
}
