import {
  ClusterSchema,
  EventSchema,
  FolderSchema,
  ImageSchema,
  NodeSchema,
  ProjectSchema,
  Snapshot_Phase,
  SnapshotScheduleSchema,
  SnapshotSchema,
  StoragePoolSchema,
  TaskSchema,
  Task_State,
  VirtualMachineSchema,
  VirtualNetworkSchema,
  VolumeSchema,
  type StoragePool,
  type VolumeSource,
} from "@limiquantix/api";
import { table } from "./store/table.ts";
import { vmsOf } from "./volumes/attachment.ts";

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

/** A pool that its host made and named; what people declare says what it is made of. */
export function isOfHost(pool: StoragePool): boolean {
  return pool.spec?.config.case === undefined;
}

export const pools = table({
  kind: "pool",
  schema: StoragePoolSchema,
  indexes: {
    // A host's own pools; of those that were declared many have the same hosts.
    node: (pool) => (isOfHost(pool) ? pool.spec?.assignedNodeIds[0] : undefined),
    declared: (pool) => (isOfHost(pool) ? undefined : "yes"),
  },
  // A host's own pool has the name that it has there: each host has a `local`.
  unique: (pool) => [`${pool.projectId}/${isOfHost(pool) ? pool.spec?.assignedNodeIds.join("+") : ""}/${pool.name}`],
});

export const volumes = table({
  kind: "volume",
  schema: VolumeSchema,
  indexes: {
    name: (volume) => volume.name,
    project: (volume) => volume.projectId,
    pool: (volume) => volume.spec?.storagePoolId || undefined,
    // On its way out of a pool it is in that one still.
    leaving: (volume) => volume.status?.movingFromPoolId || undefined,
    // Of one that is still to be made: the volume that it is to be a copy of.
    copied: (volume) => (volume.status?.observedGeneration ? undefined : copiedVolume(volume.spec?.source)),
    // The snapshot whose blocks it shares.
    linked: ({ spec }) =>
      spec?.source?.from.case === "snapshot" && spec.source.from.value.linked
        ? spec.source.from.value.snapshotId
        : undefined,
  },
  memberships: { vm: vmsOf },
});

function copiedVolume(source: VolumeSource | undefined): string | undefined {
  if (source?.from.case === "volumeId") return source.from.value;
  return source?.from.case === "snapshot" ? source.from.value.volumeId : undefined;
}

/** What VMs were at an instant. */
export const snapshots = table({
  kind: "snapshot",
  schema: SnapshotSchema,
  indexes: {
    vm: (snapshot) => snapshot.vmId,
    project: (snapshot) => snapshot.projectId,
    schedule: (snapshot) => snapshot.scheduleId || undefined,
    scheduled: ({ scheduleId, phase }) => (scheduleId && phase === Snapshot_Phase.CREATING ? "taking" : undefined),
  },
  unique: (snapshot) => [`${snapshot.vmId}/${snapshot.name}`],
});

/** When to take snapshots of which VMs, and how long to keep them. */
export const schedules = table({
  kind: "schedule",
  schema: SnapshotScheduleSchema,
  indexes: { name: (schedule) => schedule.name, project: (schedule) => schedule.projectId },
  unique: (schedule) => [`${schedule.projectId}/${schedule.name}`],
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
