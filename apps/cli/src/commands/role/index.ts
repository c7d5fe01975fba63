import type { Entry } from "../entry.ts";

export const roleEntries: readonly Entry[] = [
  { name: "create", summary: "Gather privileges under a name", verb: async () => (await import("./create.ts")).create },
  {
    name: "list",
    summary: "Roles, built-in and own",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "get",
    summary: "A role and its privileges",
    aliases: ["show"],
    verb: async () => (await import("./get.ts")).get,
  },
  { name: "edit", summary: "Change an own role, in force at once", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "delete",
    summary: "Delete a role that nobody holds",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteRole,
  },
];

export const privilegeEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Everything that one may be allowed to do",
    aliases: ["ls"],
    verb: async () => (await import("./privileges.ts")).privileges,
  },
];
