import type { ServiceImpl } from "@connectrpc/connect";
import type { ProjectService } from "@limiquantix/api";
import type { AccessParts } from "../access/parts.ts";
import { callOf } from "../rpc/context.ts";
import { getProject, withUsage } from "./project.ts";
import { createProject } from "./rpc/create-project.ts";
import { deleteProject } from "./rpc/delete-project.ts";
import { listProjects } from "./rpc/list-projects.ts";
import { updateProject } from "./rpc/update-project.ts";
import { watchProjects } from "./rpc/watch-projects.ts";

export function projectService(parts: AccessParts) {
  const { db } = parts;
  return {
    createProject: (request, context) => createProject(parts, request, callOf(context)),
    getProject: ({ id }) => withUsage(db, getProject(db, id)),
    listProjects: (request, context) => listProjects(parts, request, callOf(context)),
    updateProject: (request, context) => updateProject(parts, request, callOf(context)),
    deleteProject: (request, context) => deleteProject(parts, request, callOf(context)),
    watchProjects: (request, context) => watchProjects(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof ProjectService>;
}
