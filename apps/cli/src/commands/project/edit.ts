import { getProject } from "../../rpc/resolve-identities.ts";
import { editLabelled } from "../edit-labelled.ts";

export const edit = editLabelled("project", {
  schema: async () => (await import("@limiquantix/api")).ProjectSchema,
  get: getProject,
  update: (session, { fields, ...change }) => session.projects.updateProject({ ...change, project: fields }),
});
