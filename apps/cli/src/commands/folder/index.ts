import type { Entry } from "../entry.ts";

export const folderEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Make a folder for VMs in a project",
    verb: async () => (await import("./create.ts")).create,
  },
  {
    name: "list",
    summary: "Folders with their paths; --watch follows them",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "get", summary: "One folder in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "tree", summary: "Folders in folders", verb: async () => (await import("./tree.ts")).tree },
  { name: "rename", summary: "Give it another name", verb: async () => (await import("./rename.ts")).rename },
  { name: "describe", summary: "Say what it is for", verb: async () => (await import("./describe.ts")).describe },
  {
    name: "move",
    summary: "Put it into another folder of its project",
    verb: async () => (await import("./move.ts")).move,
  },
  {
    name: "delete",
    summary: "Delete an empty folder, or with --force any",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteFolder,
  },
];
