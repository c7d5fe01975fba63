import { problem, Reason } from "@limiquantix/api";
import { sourceName, type DiskSource } from "@limiquantix/node";

/** What is on a disk: block number → what was written there last. */
export type Blocks = Map<number, string>;

/** One file of a chain, or the one image that a volume is. */
export interface SimLayer {
  readonly source: DiskSource;
  readonly name: string;
  parent: SimLayer | undefined;
  sizeBytes: number;
  readonly blocks: Blocks;
}

export interface SimVolumeOptions {
  volumeId: string;
  imageId: string;
  thick: boolean;
  sizeBytes: number;
  blocks: Blocks;
  /** Where the nth file of its chain is. */
  sourceOf: (layer: number) => DiskSource;
  linkedTo?: { volumeId: string; snapshotId: string } | undefined;
  /** Several guests may write it. */
  shared?: boolean;
}

/**
 * A simulated disk with what is written on it. As `layers` it is a tree of files: each snapshot names one that nobody may
 * write any more, and the top lies over one of them. As `beneath` there is one image, and snapshots are frozen copies.
 */
export class SimVolume {
  readonly volumeId: string;
  readonly imageId: string;
  readonly thick: boolean;
  readonly shared: boolean;
  readonly linkedTo: { volumeId: string; snapshotId: string } | undefined;
  readonly layers = new Map<string, SimLayer>();
  readonly snapshots = new Map<string, SimLayer>();
  /** A layer that a running guest is to be switched to. */
  pending: { snapshotId: string; layer: SimLayer } | undefined;
  top: SimLayer;
  readonly #sourceOf: (layer: number) => DiskSource;
  #made = 0;

  constructor(options: SimVolumeOptions) {
    this.volumeId = options.volumeId;
    this.imageId = options.imageId;
    this.thick = options.thick;
    this.shared = options.shared ?? false;
    this.linkedTo = options.linkedTo;
    this.#sourceOf = options.sourceOf;
    this.top = this.#layer(undefined, options.sizeBytes, options.blocks);
  }

  get sizeBytes(): number {
    return this.top.sizeBytes;
  }

  /** What a guest reads of it, as text. */
  get content(): string {
    return textOf(contentsOf(this.top));
  }

  snapshotContents(snapshotId: string): Blocks {
    const layer = this.snapshots.get(snapshotId);
    if (!layer) throw noSnapshot(snapshotId);
    return contentsOf(layer);
  }

  freezeBeneath(snapshotId: string): void {
    this.snapshots.set(snapshotId, { ...this.top, blocks: new Map(this.top.blocks) });
  }

  revertBeneath(snapshotId: string): void {
    const frozen = this.snapshots.get(snapshotId);
    if (!frozen) throw noSnapshot(snapshotId);
    this.top.blocks.clear();
    for (const [block, value] of frozen.blocks) this.top.blocks.set(block, value);
    this.top.sizeBytes = frozen.sizeBytes;
  }

  freezeLayer(snapshotId: string): void {
    this.snapshots.set(snapshotId, this.top);
    this.top = this.#layer(this.top, this.top.sizeBytes, new Map());
  }

  prepareLayer(snapshotId: string): DiskSource {
    if (this.pending?.snapshotId === snapshotId) return this.pending.layer.source;
    if (this.pending) this.layers.delete(this.pending.layer.name);
    this.pending = { snapshotId, layer: this.#layer(this.top, this.top.sizeBytes, new Map()) };
    return this.pending.layer.source;
  }

  revertLayer(snapshotId: string): void {
    const frozen = this.snapshots.get(snapshotId);
    if (!frozen) throw noSnapshot(snapshotId);
    this.top = this.#layer(frozen, frozen.sizeBytes, new Map());
    this.#sweep();
  }

  /** The guest's definition names this file as the top. */
  settle(name: string): void {
    const layer = this.layers.get(name);
    // A file that a revert or a merge took away: the definition was about to be changed, and nothing is lost.
    if (!layer) return;
    if (this.pending) {
      const { snapshotId, layer: next } = this.pending;
      this.pending = undefined;
      if (layer === next) {
        this.snapshots.set(snapshotId, this.top);
        this.top = next;
      } else this.layers.delete(next.name);
    }
    if (layer === this.top) return;
    for (const [snapshotId, named] of this.snapshots) if (named === layer) this.snapshots.delete(snapshotId);
    this.top = layer;
    this.#sweep();
  }

  /** The layer that goes down into the snapshot's own, once its name is gone. */
  mergeOf(snapshotId: string): { top: SimLayer; base: SimLayer } | undefined {
    const base = this.snapshots.get(snapshotId);
    const children = [...this.layers.values()].filter((layer) => layer.parent === base);
    const [top] = children;
    const linked = [...this.snapshots].some(([id, layer]) => id !== snapshotId && layer === base);
    return base && top && children.length === 1 && !linked ? { top, base } : undefined;
  }

  isBelowTop(layer: SimLayer): boolean {
    for (let at: SimLayer | undefined = this.top; at; at = at.parent) if (at === layer) return true;
    return false;
  }

  merge(topName: string, baseName: string): void {
    const [top, base] = [this.layers.get(topName), this.layers.get(baseName)];
    if (!top || !base) throw new Error(`no such layer: ${topName}, ${baseName}`);
    for (const [block, value] of top.blocks) base.blocks.set(block, value);
    base.sizeBytes = top.sizeBytes;
    for (const layer of this.layers.values()) if (layer.parent === top) layer.parent = base;
    // The top itself stays until the guest's definition is known not to have it any more.
    if (top === this.top) return;
    for (const [id, layer] of this.snapshots) if (layer === top) this.snapshots.set(id, base);
    this.layers.delete(top.name);
  }

  forget(snapshotId: string): void {
    const merge = this.mergeOf(snapshotId);
    this.snapshots.delete(snapshotId);
    if (merge) {
      this.merge(merge.top.name, merge.base.name);
      if (this.top === merge.top) this.top = merge.base;
    }
    this.#sweep();
  }

  /** One that the catalogue does not know of yet. */
  layerOver(parent: SimLayer): DiskSource {
    return this.#layer(parent, parent.sizeBytes, new Map()).source;
  }

  #layer(parent: SimLayer | undefined, sizeBytes: number, blocks: Blocks): SimLayer {
    const source = this.#sourceOf(this.#made++);
    const layer = { source, name: sourceName(source), parent, sizeBytes, blocks };
    this.layers.set(layer.name, layer);
    return layer;
  }

  /** Files that neither a snapshot nor the top needs. */
  #sweep(): void {
    const needed = new Set<SimLayer>();
    const tops = [this.top, ...this.snapshots.values(), ...(this.pending ? [this.pending.layer] : [])];
    for (const top of tops) for (let at: SimLayer | undefined = top; at; at = at.parent) needed.add(at);
    for (const layer of this.layers.values()) if (!needed.has(layer)) this.layers.delete(layer.name);
  }
}

export function contentsOf(layer: SimLayer): Blocks {
  const below = layer.parent ? contentsOf(layer.parent) : new Map<number, string>();
  for (const [block, value] of layer.blocks) below.set(block, value);
  return below;
}

export function textOf(blocks: Blocks): string {
  return [...blocks]
    .toSorted(([a], [b]) => a - b)
    .map(([block, value]) => `${block}=${value}`)
    .join(" ");
}

function noSnapshot(snapshotId: string) {
  return problem(Reason.NOT_FOUND, { kind: "snapshot", id: snapshotId });
}
