import { execFile } from "node:child_process";
import { mkdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface SimNode {
  name: string;
  isOnline: boolean;
  pools: { name: string; kind: "LVM_THIN" | "LVM"; totalKib: number }[];
}

export interface SimSnapshot {
  file: string;
  sizeKib: number;
  takenAtMs: number;
  nodes: string[];
}

export interface SimResource {
  flags: string[];
  pool: string | undefined;
  /** The nodes make it a moment after the controller said yes. */
  isReady: boolean;
}

export interface SimDefinition {
  name: string;
  group: string;
  props: Record<string, string>;
  isDeleted: boolean;
  sizeKib: number | undefined;
  minor: number;
  /** One file stands for all replicas: DRBD keeps them the same. */
  file: string;
  resources: Map<string, SimResource>;
  snapshots: Map<string, SimSnapshot>;
  clone: "COMPLETE" | "CLONING" | "FAILED" | undefined;
}

/** What a LINSTOR cluster has: nodes, their storage pools, and volumes, whose bytes are in sparse files. */
export class SimCluster {
  readonly directory: string;
  readonly nodes: SimNode[];
  readonly definitions = new Map<string, SimDefinition>();
  /** Group → its filter. */
  readonly groups = new Map<string, { place_count: number; storage_pool_list: string[] }>();
  #number = 1000;

  constructor(directory: string, nodes: SimNode[]) {
    this.directory = directory;
    this.nodes = nodes;
  }

  async define(name: string, group: string, props: Record<string, string>): Promise<SimDefinition> {
    const minor = this.#number++;
    const made: SimDefinition = {
      name,
      group,
      props,
      minor,
      isDeleted: false,
      sizeKib: undefined,
      file: join(this.directory, "blocks", String(minor)),
      resources: new Map(),
      snapshots: new Map(),
      clone: undefined,
    };
    this.definitions.set(name, made);
    return made;
  }

  /** A volume that is not thin has what was there before. */
  async makeFile({ file, sizeKib = 0 }: SimDefinition): Promise<void> {
    await mkdir(join(this.directory, "blocks"), { recursive: true });
    await writeFile(file, this.isThin() ? "" : "what somebody else had here");
    await truncate(file, sizeKib * 1024);
  }

  async copyFile(from: string, to: string, sizeKib?: number): Promise<void> {
    await run("cp", ["--sparse=always", from, to]);
    if (sizeKib !== undefined) await truncate(to, sizeKib * 1024);
  }

  newFile(): string {
    return join(this.directory, "blocks", String(this.#number++));
  }

  /** The name of a volume on a node, there as long as it is deployed there. */
  device({ minor }: SimDefinition, node: string): string {
    return join(this.directory, "dev", node, `drbd${minor}`);
  }

  async deploy(definition: SimDefinition, node: string, resource: Omit<SimResource, "isReady">): Promise<void> {
    definition.resources.set(node, { ...resource, isReady: false });
  }

  async ready(definition: SimDefinition, node: string): Promise<void> {
    const resource = definition.resources.get(node);
    if (!resource || resource.isReady) return;
    await mkdir(join(this.directory, "dev", node), { recursive: true });
    await rm(this.device(definition, node), { force: true });
    await symlink(definition.file, this.device(definition, node));
    resource.isReady = true;
  }

  async undeploy(definition: SimDefinition, node: string): Promise<void> {
    definition.resources.delete(node);
    await rm(this.device(definition, node), { force: true });
  }

  async remove(definition: SimDefinition): Promise<void> {
    for (const node of definition.resources.keys()) await this.undeploy(definition, node);
    await rm(definition.file, { force: true });
    this.definitions.delete(definition.name);
  }

  async allocatedKib(file: string): Promise<number> {
    return stat(file).then(
      ({ blocks }) => Math.ceil(blocks / 2),
      () => 0,
    );
  }

  /** By what each replica, and each snapshot of it, takes up. */
  async freeKib(node: SimNode, pool: string): Promise<number> {
    let used = 0;
    for (const { resources, file, snapshots, sizeKib = 0 } of this.definitions.values()) {
      if (resources.get(node.name)?.pool !== pool) continue;
      used += this.isThin() ? await this.allocatedKib(file) : sizeKib;
      for (const snapshot of snapshots.values()) used += await this.allocatedKib(snapshot.file);
    }
    return Math.max(0, (node.pools.find(({ name }) => name === pool)?.totalKib ?? 0) - used);
  }

  isThin(): boolean {
    return this.nodes.every(({ pools }) => pools.every(({ kind }) => kind === "LVM_THIN"));
  }

  /** DRBD's primary is who has it open for writing: QEMU locks byte 101 of such a file then. */
  async isOpen({ file }: SimDefinition): Promise<boolean> {
    const inode = await stat(file).then(
      ({ ino }) => ino,
      () => undefined,
    );
    if (inode === undefined) return false;
    const locks = await readFile("/proc/locks", "utf8");
    return locks
      .split("\n")
      .some((line) => new RegExp(`:${inode} (100|101) (101|[0-9]{3,}|EOF)`).test(line) && coversWrite(line));
  }
}

function coversWrite(line: string): boolean {
  const [from = 0, to = 0] = line.split(" ").slice(-2).map(Number);
  return from <= 101 && (Number.isNaN(to) || to >= 101);
}
