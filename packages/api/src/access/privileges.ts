/**
 * Everything that one may be allowed to do. The proto names one for each RPC (limiquantix.access.v1.access); roles
 * gather them; the dashboard and the CLI list them from here.
 */
export const privileges = {
  "vm.view": "See a VM, its state and its measurements",
  "vm.create": "Create VMs, and move VMs here",
  "vm.edit": "Change a VM's settings, disks and network interfaces",
  "vm.media": "Put ISO images into a VM's drive and take them out",
  "vm.power": "Start, stop, reboot, pause and suspend a VM",
  "vm.console": "Open a VM's screen and serial console",
  "vm.clone": "Clone a VM",
  "vm.snapshot": "Take, delete and go back to snapshots of a VM",
  "schedule.view": "See snapshot schedules",
  "schedule.manage": "Create, change, run and delete snapshot schedules",
  "vm.delete": "Delete a VM with its disks",
  "vm.adopt": "Take a VM that was found on a host under management",
  "image.view": "See an image",
  "image.use": "Make disks from an image, and put it into a drive",
  "image.create": "Upload, import and download images",
  "image.edit": "Rename, describe and label an image",
  "image.delete": "Delete an image",
  "pool.view": "See a storage pool",
  "pool.create": "Declare storage pools",
  "pool.edit": "Change storage pools, and which hosts use them",
  "pool.delete": "Let go of storage pools",
  "storage.allocate": "Put disks into a storage pool",
  "volume.view": "See a volume",
  "volume.create": "Create volumes",
  "volume.edit": "Rename, grow, move, attach and detach volumes",
  "volume.clone": "Copy a volume",
  "volume.delete": "Delete volumes, and bring them back from the recycle bin",
  "network.view": "See a network and its leases",
  "network.use": "Connect VMs to a network",
  "node.view": "See a host, its state and its measurements",
  "node.join": "Let a new host join",
  "node.edit": "Change a host's labels, taints and scheduling",
  "node.maintain": "Put a host into maintenance, and back to work",
  "node.move": "Put a host into a cluster or out of it",
  "node.decommission": "Remove a host",
  "cluster.view": "See a cluster",
  "cluster.create": "Create clusters",
  "cluster.edit": "Change a cluster and which hosts belong to it",
  "cluster.delete": "Delete a cluster",
  "folder.view": "See a folder",
  "folder.manage": "Create, rename, move and delete folders",
  "project.view": "See a project, its quota and its usage",
  "project.create": "Create projects",
  "project.edit": "Rename, describe and label a project",
  "project.quota": "Set a project's quota",
  "project.delete": "Delete a project",
  "task.view": "See tasks",
  "task.cancel": "Cancel tasks",
  "event.view": "See events",
  "user.view": "See users",
  "user.manage": "Create, change, disable and delete users",
  "group.view": "See groups and who is in them",
  "group.manage": "Create, change and delete groups",
  "role.manage": "Create, change and delete roles",
  "grant.view": "See who holds which role on an object",
  "grant.manage": "Give and take roles on an object",
  "token.manage": "See, make and revoke other users' sessions and API tokens",
  "provider.view": "See identity providers",
  "provider.manage": "Change identity providers",
  "certificate.view": "See certificates",
  "certificate.manage": "Revoke certificates",
  "settings.view": "See the login policy",
  "settings.manage": "Change the login policy",
  "audit.view": "Read, export and verify the audit log",
  "metrics.view": "Read what the control plane says of itself at /metrics",
} as const satisfies Record<string, string>;

export type Privilege = keyof typeof privileges;

/** All names, in the order in which they are shown. */
export const allPrivileges = Object.keys(privileges) as Privilege[];

export function isPrivilege(name: string): name is Privilege {
  return Object.hasOwn(privileges, name);
}

/** The privileges that `vm.power`, `vm.*` or `*` stands for; none where it stands for nothing that there is. */
export function expandPrivilege(pattern: string): Privilege[] {
  if (isPrivilege(pattern)) return [pattern];
  if (pattern === "*") return allPrivileges;
  if (!pattern.endsWith(".*")) return [];
  const prefix = pattern.slice(0, -1);
  return allPrivileges.filter((name) => name.startsWith(prefix));
}
