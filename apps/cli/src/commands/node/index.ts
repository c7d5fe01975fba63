import type { Entry } from "../entry.ts";

export const nodeEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Hosts and what they have left",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "get", summary: "One host in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "drain", summary: "Empty a host for maintenance", verb: async () => (await import("./drain.ts")).drain },
  { name: "enable", summary: "Leave maintenance", verb: async () => (await import("./enable.ts")).enable },
  {
    name: "disable",
    summary: "Enter maintenance: no new VMs",
    verb: async () => (await import("./disable.ts")).disable,
  },
  { name: "label", summary: "Set or remove labels", verb: async () => (await import("./label.ts")).label },
  {
    name: "taint",
    summary: "Keep VMs away that do not tolerate it",
    verb: async () => (await import("./taint.ts")).taint,
  },
  { name: "untaint", summary: "Remove a taint", verb: async () => (await import("./untaint.ts")).untaint },
  {
    name: "join-command",
    summary: "One line that makes a new host join",
    verb: async () => (await import("./join-command.ts")).joinCommand,
  },
  {
    name: "join-token",
    summary: "The single-use token alone",
    verb: async () => (await import("./join-token.ts")).joinToken,
  },
  {
    name: "decommission",
    summary: "Remove a host and lock it out",
    aliases: ["rm"],
    verb: async () => (await import("./decommission.ts")).decommission,
  },
  { name: "events", summary: "What happened on a host", verb: async () => (await import("./events.ts")).events },
];
