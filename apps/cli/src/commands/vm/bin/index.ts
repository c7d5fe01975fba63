import type { Entry } from "../../entry.ts";

export const binEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Deleted VMs, and until when they can be brought back",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "restore",
    summary: "Bring back, stopped, with disks and snapshots",
    verb: async () => (await import("./restore.ts")).restore,
  },
  {
    name: "purge",
    summary: "Delete for good",
    aliases: ["rm", "delete"],
    verb: async () => (await import("./purge.ts")).purge,
  },
];
