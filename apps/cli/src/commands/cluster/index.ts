import type { Entry } from "../entry.ts";

export const clusterEntries: readonly Entry[] = [
  { name: "create", summary: "Make a cluster of hosts", verb: async () => (await import("./create.ts")).create },
  {
    name: "list",
    summary: "Clusters; --watch follows them",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  {
    name: "get",
    summary: "A cluster and its hosts",
    aliases: ["show"],
    verb: async () => (await import("./get.ts")).get,
  },
  { name: "edit", summary: "Rename, describe, label", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "delete",
    summary: "Delete a cluster without hosts",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteCluster,
  },
  { name: "add-node", summary: "Put hosts in", verb: async () => (await import("./add-node.ts")).addNode },
  { name: "remove-node", summary: "Take hosts out", verb: async () => (await import("./remove-node.ts")).removeNode },
];
