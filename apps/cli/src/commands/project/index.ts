import type { Entry } from "../entry.ts";

export const projectEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Make a project, with a quota or without",
    verb: async () => (await import("./create.ts")).create,
  },
  {
    name: "list",
    summary: "Projects and what they use; --watch follows them",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "get", summary: "One project in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "edit", summary: "Rename, describe, label", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "quota",
    summary: "See or set the most that it may have",
    verb: async () => (await import("./quota.ts")).quota,
  },
  {
    name: "delete",
    summary: "Delete an empty project",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteProject,
  },
];
