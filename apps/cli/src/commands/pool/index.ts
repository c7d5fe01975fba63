import type { Entry } from "../entry.ts";

export const poolEntries: readonly Entry[] = [
  {
    name: "add",
    summary: "Declare a pool: local, NFS, Ceph RBD, iSCSI, LINSTOR",
    aliases: ["create"],
    nouns: async () => (await import("./add/index.ts")).poolAddEntries,
  },
  {
    name: "list",
    summary: "Storage pools and their space; --watch follows them",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "get",
    summary: "One pool in full: its hosts, what it can do",
    aliases: ["show"],
    verb: async () => (await import("./get.ts")).get,
  },
  {
    name: "edit",
    summary: "Change name, limits, addresses or credentials",
    verb: async () => (await import("./edit.ts")).edit,
  },
  {
    name: "assign",
    summary: "Have further hosts open it",
    verb: async () => (await import("./assign.ts")).assign,
  },
  {
    name: "unassign",
    summary: "Have hosts let go of it",
    verb: async () => (await import("./assign.ts")).unassign,
  },
  {
    name: "reconnect",
    summary: "Have its hosts open it anew",
    verb: async () => (await import("./reconnect.ts")).reconnect,
  },
  {
    name: "files",
    summary: "What lies in it, and whose it is; --orphans: what nobody knows",
    verb: async () => (await import("./files.ts")).files,
  },
  {
    name: "delete",
    summary: "Forget an empty pool; what lies in it is not touched",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deletePool,
  },
];
