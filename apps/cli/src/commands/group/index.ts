import type { Entry } from "../entry.ts";

export const groupEntries: readonly Entry[] = [
  { name: "create", summary: "Make a group", verb: async () => (await import("./create.ts")).create },
  { name: "list", summary: "Groups", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  {
    name: "get",
    summary: "A group and who is in it",
    aliases: ["show"],
    verb: async () => (await import("./get.ts")).get,
  },
  { name: "edit", summary: "Rename or describe", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "delete",
    summary: "Delete with its grants; its members stay users",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteGroup,
  },
  { name: "add", summary: "Put users in", verb: async () => (await import("./members.ts")).add },
  { name: "remove", summary: "Take users out", verb: async () => (await import("./members.ts")).remove },
];
