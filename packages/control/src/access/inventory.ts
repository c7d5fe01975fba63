import type {
  Cluster,
  Event,
  Folder,
  Grant,
  Image,
  Node,
  Project,
  ResourceRef,
  SnapshotSchedule,
  StoragePool,
  Task,
  VirtualMachine,
  VirtualNetwork,
  Volume,
} from "@limiquantix/api";
import { grants } from "../identity/tables.ts";
import { recycledVms } from "../recycle-bin/table.ts";
import type { Database } from "../store/database.ts";
import {
  clusters,
  folders,
  images,
  networks,
  nodes,
  pools,
  projects,
  schedules,
  tasks,
  vms,
  volumes,
} from "../tables.ts";
import { vmsOf } from "../volumes/attachment.ts";

/**
 * An object's place in the inventory tree: itself first, then all that is above it, the root last, as `kind/id`. A
 * grant on any of them reaches it.
 */
export type Path = readonly string[];

export const rootKey = "root";
const rootPath: Path = [rootKey];

export const defaultProjectId = "default";

/** What each kind of object is in the tree: rows, and where they hang. */
interface Rows {
  vm: VirtualMachine;
  image: Image;
  pool: StoragePool;
  volume: Volume;
  network: VirtualNetwork;
  node: Node;
  cluster: Cluster;
  folder: Folder;
  schedule: SnapshotSchedule;
  project: Project;
  task: Task;
  event: Event;
  grant: Grant;
}

export type ObjectKind = keyof Rows;
export type RowOf<K extends ObjectKind> = Rows[K];

/** What grants can be on. */
export const grantableKinds = [
  "project",
  "folder",
  "cluster",
  "node",
  "pool",
  "volume",
  "network",
  "image",
  "vm",
] as const satisfies readonly ObjectKind[];

/** A folder that is its own ancestor, which no transaction lets come about, must not hang a request. */
const deepest = 64;

/**
 * Where objects are in the tree, as vSphere has it: root → projects → folders → VMs, and root → clusters → hosts → the
 * VMs that run there. A VM is below both; a pool is below its project and its hosts; a volume below its project, its pool
 * and the VMs that have it.
 */
export class Inventory {
  readonly #db: Pick<Database, "find" | "by">;

  constructor(db: Pick<Database, "find" | "by">) {
    this.#db = db;
  }

  /**
   * The object of a kind by its id, or by its name where only one has it; undefined when there is none. Of several with
   * one name, in projects of their own, the one that is `visible`.
   */
  find<K extends ObjectKind>(kind: K, idOrName: string, visible?: (row: Rows[K]) => boolean): Rows[K] | undefined {
    const rows = this.candidates(kind, idOrName, visible);
    return rows.length === 1 ? rows[0] : undefined;
  }

  /** Those that a name may stand for: the one with this id, or all with this name; of several only the visible ones. */
  candidates<K extends ObjectKind>(kind: K, idOrName: string, visible?: (row: Rows[K]) => boolean): readonly Rows[K][] {
    const all = finders[kind](this.#db, idOrName) as readonly Rows[K][];
    const rows = all.length > 1 && visible ? all.filter(visible) : all;
    if (kind !== "vm" || rows.length < 2) return rows;
    // What limiquantix manages goes before what was found on a host.
    const managed = rows.filter((row) => (row as VirtualMachine).isManaged);
    return managed.length > 0 ? managed : rows;
  }

  pathOf<K extends ObjectKind>(kind: K, row: Rows[K]): Path {
    const path: string[] = [];
    climbers[kind](this, path, row as never);
    path.push(rootKey);
    return path;
  }

  /** The path of what a reference names; the root's own for kind root. Undefined when there is no such object. */
  pathOfRef(ref: Pick<ResourceRef, "kind" | "id">): Path | undefined {
    if (ref.kind === rootKey || ref.kind === "") return rootPath;
    if (!isObjectKind(ref.kind)) return undefined;
    const row = this.find(ref.kind, ref.id);
    return row && this.pathOf(ref.kind, row);
  }

  climbProject(path: string[], projectId: string): void {
    path.push(`project/${projectId || defaultProjectId}`);
  }

  climbFolders(path: string[], folderId: string): void {
    for (let id = folderId, steps = 0; id && steps < deepest; steps++) {
      path.push(`folder/${id}`);
      id = this.#db.find(folders, id)?.parentId ?? "";
    }
  }

  climbNode(path: string[], nodeId: string): void {
    if (!nodeId) return;
    path.push(`node/${nodeId}`);
    const clusterId = this.#db.find(nodes, nodeId)?.clusterId;
    if (clusterId) path.push(`cluster/${clusterId}`);
  }

  climbVm(path: string[], vmId: string): void {
    const vm = vmId ? (this.#db.find(vms, vmId) ?? this.#db.find(recycledVms, vmId)?.vm) : undefined;
    if (vm) climbers.vm(this, path, vm);
  }

  /** What a task or an event is about, where that is still there. */
  climbSubject(path: string[], subject: ResourceRef | undefined): void {
    if (!subject || !isObjectKind(subject.kind) || subject.kind === "task") return;
    const [row] = finders[subject.kind](this.#db, subject.id);
    if (row?.id === subject.id) climbers[subject.kind](this, path, row as never);
  }
}

export function isObjectKind(kind: string): kind is ObjectKind {
  return Object.hasOwn(finders, kind);
}

const climbers: { [K in ObjectKind]: (inventory: Inventory, path: string[], row: Rows[K]) => void } = {
  vm(inventory, path, vm) {
    path.push(`vm/${vm.id}`);
    // What was found on a host is nobody's but the host's until somebody adopts it into a project, as in vSphere.
    if (vm.isManaged) {
      inventory.climbFolders(path, vm.folderId);
      inventory.climbProject(path, vm.projectId);
    }
    inventory.climbNode(path, vm.status?.nodeId ?? "");
  },
  image(inventory, path, image) {
    path.push(`image/${image.id}`);
    inventory.climbProject(path, image.projectId);
  },
  pool(inventory, path, pool) {
    path.push(`pool/${pool.id}`);
    inventory.climbProject(path, pool.projectId);
    for (const nodeId of pool.spec?.assignedNodeIds ?? []) inventory.climbNode(path, nodeId);
  },
  volume(inventory, path, volume) {
    path.push(`volume/${volume.id}`);
    inventory.climbProject(path, volume.projectId);
    // Not on to the pool's own project: who shares a pool sees nothing of what others keep in it.
    if (volume.spec?.storagePoolId) path.push(`pool/${volume.spec.storagePoolId}`);
    for (const vmId of vmsOf(volume)) inventory.climbVm(path, vmId);
  },
  network(inventory, path, network) {
    path.push(`network/${network.id}`);
    inventory.climbProject(path, network.projectId);
  },
  node: (inventory, path, node) => inventory.climbNode(path, node.id),
  cluster: (_, path, cluster) => void path.push(`cluster/${cluster.id}`),
  folder(inventory, path, folder) {
    inventory.climbFolders(path, folder.id);
    inventory.climbProject(path, folder.projectId);
  },
  schedule(inventory, path, schedule) {
    path.push(`schedule/${schedule.id}`);
    inventory.climbProject(path, schedule.projectId);
  },
  project: (_, path, project) => void path.push(`project/${project.id}`),
  task(inventory, path, task) {
    inventory.climbSubject(path, task.target);
    if (task.projectId) inventory.climbProject(path, task.projectId);
  },
  event(inventory, path, event) {
    inventory.climbSubject(path, event.subject);
    if (event.projectId) inventory.climbProject(path, event.projectId);
    inventory.climbNode(path, event.nodeId);
  },
  grant(inventory, path, grant) {
    inventory.climbSubject(path, grant.object);
  },
};

/** By id, or else all with this name. */
const finders: { [K in ObjectKind]: (db: Pick<Database, "find" | "by">, id: string) => readonly Rows[K][] } = {
  vm: (db, id) => byId(db.find(vms, id) ?? db.find(recycledVms, id)?.vm) ?? db.by(vms, "name", id),
  image: (db, id) => byId(db.find(images, id)) ?? db.by(images, "name", id),
  pool: (db, id) => byId(db.find(pools, id)) ?? [],
  volume: (db, id) => byId(db.find(volumes, id)) ?? db.by(volumes, "name", id),
  network: (db, id) => byId(db.find(networks, id)) ?? db.by(networks, "name", id),
  node: (db, id) => byId(db.find(nodes, id)) ?? db.by(nodes, "hostname", id),
  cluster: (db, id) => byId(db.find(clusters, id)) ?? db.by(clusters, "name", id),
  folder: (db, id) => byId(db.find(folders, id)) ?? [],
  schedule: (db, id) => byId(db.find(schedules, id)) ?? db.by(schedules, "name", id),
  project: (db, id) => byId(db.find(projects, id || defaultProjectId)) ?? db.by(projects, "name", id),
  task: (db, id) => byId(db.find(tasks, id)) ?? [],
  event: () => [],
  grant: (db, id) => byId(db.find(grants, id)) ?? [],
};

function byId<T>(row: T | undefined): readonly T[] | undefined {
  return row && [row];
}
