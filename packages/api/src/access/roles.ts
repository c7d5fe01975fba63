/** The roles that are always there; their ids are their names. */
export interface BuiltInRole {
  id: string;
  description: string;
  /** Patterns: vm.power, vm.*, *. */
  privileges: readonly string[];
}

const watching = ["task.view", "event.view"];
const inventory = [
  "vm.view",
  "image.view",
  "pool.view",
  "volume.view",
  "network.view",
  "node.view",
  "cluster.view",
  "folder.view",
  "schedule.view",
];
const reading = [...inventory, "project.view", ...watching];

export const builtInRoles: readonly BuiltInRole[] = [
  { id: "administrator", description: "Everything", privileges: ["*"] },
  {
    id: "operator",
    description: "Runs VMs, images and hosts; no identities, grants or quotas",
    privileges: [
      ...reading,
      "vm.*",
      "schedule.*",
      "image.*",
      "volume.*",
      "pool.edit",
      "storage.allocate",
      "network.use",
      "node.edit",
      "node.maintain",
      "node.move",
      "cluster.edit",
      "folder.manage",
      "task.cancel",
    ],
  },
  {
    id: "vm-user",
    description: "Uses VMs that are there: power, console, media",
    privileges: [
      "vm.view",
      "vm.power",
      "vm.console",
      "vm.media",
      "image.view",
      "image.use",
      "folder.view",
      ...watching,
    ],
  },
  {
    id: "consumer",
    description: "Makes use of what is shared: networks, storage pools, images",
    privileges: ["image.view", "image.use", "pool.view", "storage.allocate", "network.view", "network.use"],
  },
  { id: "read-only", description: "Sees the inventory and changes nothing", privileges: reading },
  {
    id: "auditor",
    description: "Sees everything, identities, grants and the audit log among it, and changes nothing",
    privileges: [
      ...reading,
      "user.view",
      "group.view",
      "grant.view",
      "provider.view",
      "certificate.view",
      "settings.view",
      "audit.view",
      "metrics.view",
    ],
  },
];

export const administratorRole = "administrator";
