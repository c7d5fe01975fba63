/**
 * What a volume's files are to each other, kept beside them as `<volumeId>.json`. A volume that never had a snapshot has
 * none: it is the one file `<volumeId>.qcow2`.
 *
 *     0 ◀── 1 ◀── 3 (top)      snapshot a is layer 0, b is layer 1
 *           ▲
 *           └──── 2            snapshot c
 *
 * A layer that has layers over it is never written again, but by a merge of the one that alone is over it.
 */
export interface Chain {
  version: 1;
  /** The number of the next layer; none is used twice. */
  next: number;
  /** The layer that the guest writes. */
  top: number;
  layers: Layer[];
  /** Oldest first. */
  snapshots: NamedLayer[];
  /** Deleted snapshots whose layers are still there, until they can be merged. */
  going: NamedLayer[];
  step?: Step | undefined;
  /** All files of the volume go. */
  deleting?: true;
}

interface Layer {
  number: number;
  /** The layer below it in this volume. */
  parent: number | null;
}

interface NamedLayer {
  id: string;
  layer: number;
}

/** What was begun, with something that only the guest's definition or the files can tell the end of. */
export type Step =
  /** A running guest is to be switched to `layer`; then what is the top now is the snapshot. */
  | { kind: "switch"; snapshotId: string; layer: number }
  /** The hypervisor merges `upper` down into `lower`. */
  | { kind: "merge"; upper: number; lower: number; active: boolean }
  /** `lower` has all of `upper`, and is being renamed to it. */
  | { kind: "fold"; upper: number; lower: number };

export function singleLayer(): Chain {
  return { version: 1, next: 1, top: 0, layers: [{ number: 0, parent: null }], snapshots: [], going: [] };
}

export function isSingleLayer(chain: Chain): boolean {
  return chain.top === 0 && chain.layers.length === 1 && chain.next === 1 && !chain.step;
}

export function parentOf(chain: Chain, number: number): number | null {
  return chain.layers.find((layer) => layer.number === number)?.parent ?? null;
}

export function over(chain: Chain, number: number): number[] {
  return chain.layers.flatMap((layer) => (layer.parent === number ? layer.number : []));
}

/** The layers that the guest reads, the top first. */
export function ancestry(chain: Chain): number[] {
  const found: number[] = [];
  for (let at: number | null = chain.top; at !== null && !found.includes(at); at = parentOf(chain, at)) found.push(at);
  return found;
}

export function layerOf(chain: Chain, snapshotId: string): number | undefined {
  return chain.snapshots.find(({ id }) => id === snapshotId)?.layer;
}

/** Of a snapshot that is there or that is deleted but not merged yet. */
export function layerLeft(chain: Chain, snapshotId: string): number | undefined {
  return layerOf(chain, snapshotId) ?? chain.going.find(({ id }) => id === snapshotId)?.layer;
}

/** With a new, empty layer over `parent`. */
export function withLayer(chain: Chain, parent: number): Chain {
  const layers = [...chain.layers, { number: chain.next, parent }];
  return { ...chain, next: chain.next + 1, layers };
}

export function withoutLayer(chain: Chain, number: number): Chain {
  return {
    ...chain,
    layers: chain.layers.filter((layer) => layer.number !== number),
    going: chain.going.filter(({ layer }) => layer !== number),
  };
}

/** What was the top is the snapshot, and `layer` is the top. */
export function switched(chain: Chain, snapshotId: string, layer: number): Chain {
  return {
    ...chain,
    top: layer,
    snapshots: [...chain.snapshots, { id: snapshotId, layer: chain.top }],
    going: chain.going.filter(({ id }) => id !== snapshotId),
    step: undefined,
  };
}

/** The snapshot's name is gone; its layer goes when it can. */
export function unnamed(chain: Chain, snapshotId: string): Chain {
  const gone = chain.snapshots.filter(({ id }) => id === snapshotId);
  const snapshots = chain.snapshots.filter(({ id }) => id !== snapshotId);
  return { ...chain, snapshots, going: [...chain.going, ...gone] };
}

/** `upper` is gone: its bytes are in the file of `lower`, which takes its place. */
export function merged(chain: Chain, { upper, lower }: { upper: number; lower: number }): Chain {
  const move = ({ id, layer }: NamedLayer) => ({ id, layer: layer === upper ? lower : layer });
  return {
    ...chain,
    top: chain.top === upper ? lower : chain.top,
    layers: chain.layers
      .filter(({ number }) => number !== upper)
      .map(({ number, parent }) => ({ number, parent: parent === upper ? lower : parent })),
    snapshots: chain.snapshots.map(move),
    going: chain.going.filter(({ layer }) => layer !== lower).map(move),
    step: undefined,
  };
}

/** `lower` is gone: the file of `upper` has all of it. */
export function folded(chain: Chain, { upper, lower }: { upper: number; lower: number }): Chain {
  const parent = parentOf(chain, lower);
  const { layers, ...rest } = withoutLayer(chain, lower);
  return {
    ...rest,
    layers: layers.map((layer) => (layer.number === upper ? { ...layer, parent } : layer)),
    step: undefined,
  };
}

/** A layer that nothing names any more and that can go: `upper` is what is alone over it, if anything. */
export function nextToGo(
  chain: Chain,
  except: ReadonlySet<number>,
): { lower: number; upper: number | undefined } | undefined {
  for (const { number } of chain.layers) {
    if (number === chain.top || except.has(number)) continue;
    if (chain.snapshots.some(({ layer }) => layer === number)) continue;
    const above = over(chain, number);
    if (above.length < 2) return { lower: number, upper: above[0] };
  }
  return undefined;
}
