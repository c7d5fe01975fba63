import {
  ClusterSchema,
  EventSchema,
  FolderSchema,
  ImageSchema,
  NodeSchema,
  ProjectSchema,
  StoragePoolSchema,
  TaskSchema,
  Task_State,
  VirtualMachineSchema,
  VirtualNetworkSchema,
} from "@limiquantix/api";
import { table } from "./store/table.ts";

/** The resources of the public API; internal rows (users, tokens, idempotency) stand with the code that owns them. */
export const vms = table({
  kind: "vm",
  schema: VirtualMachineSchema,
  indexes: {
    node: (vm) => vm.status?.nodeId || undefined,
    name: (vm) => vm.name,
    project: (vm) => vm.projectId,
    folder: (vm) => vm.folderId || undefined,
    // Of a clone whose disks are still to be copied: the VM that they are copied from.
    source: (vm) => (vm.spec?.disks.some((disk) => disk.sourceVolumeId) ? vm.clonedFrom : undefined),
  },
  // A VM that is found on a host has the name that it has there.
  unique: (vm) => (vm.isManaged ? [`${vm.projectId}/${vm.name}`] : []),
});

export const nodes = table({
  kind: "node",
  schema: NodeSchema,
  indexes: {
    machine: (node) => node.machineId,
    hostname: (node) => node.hostname,
    cluster: (node) => node.clusterId || undefined,
  },
  unique: (node) => [node.machineId],
});

export const images = table({
  kind: "image",
  schema: ImageSchema,
  indexes: { name: (image) => image.name },
  unique: (image) => [`${image.projectId}/${image.name}`],
});

export const pools = table({
  kind: "pool",
  schema: StoragePoolSchema,
  indexes: { node: (pool) => pool.spec?.assignedNodeIds[0] },
  // A host's own pool has the name that it has there: each host has a `local`.
  unique: (pool) => [`${pool.projectId}/${pool.spec?.assignedNodeIds.join("+") ?? ""}/${pool.name}`],
});

export const networks = table({
  kind: "network",
  schema: VirtualNetworkSchema,
  indexes: { name: (network) => network.name },
  unique: (network) => [`${network.projectId}/${network.name}`],
});

export const tasks = table({
  kind: "task",
  schema: TaskSchema,
  indexes: {
    target: (task) => task.target?.id,
    open: (task) => (task.state === Task_State.QUEUED || task.state === Task_State.RUNNING ? "yes" : undefined),
  },
});

export const events = table({
  kind: "event",
  schema: EventSchema,
  indexes: { subject: (event) => event.subject?.id, type: (event) => event.type },
  cached: false,
});

export const projects = table({
  kind: "project",
  schema: ProjectSchema,
  indexes: { name: (project) => project.name },
  unique: (project) => [project.name],
});

export const folders = table({
  kind: "folder",
  schema: FolderSchema,
  indexes: { parent: (folder) => folder.parentId || undefined, project: (folder) => folder.projectId },
  unique: (folder) => [`${folder.projectId}/${folder.parentId}/${folder.name}`],
});

export const clusters = table({
  kind: "cluster",
  schema: ClusterSchema,
  indexes: { name: (cluster) => cluster.name },
  unique: (cluster) => [cluster.name],
});
