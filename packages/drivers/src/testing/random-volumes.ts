import { isProblem, Reason } from "@limiquantix/api";
import { MIB } from "@limiquantix/kit";
import { type DiskSource, sourceName, type VolumeBackend, type VolumeOrigin } from "@limiquantix/node";
import { mergeFiles, readDisk, writeDisk } from "./qemu-io.ts";

const BLOCK = 4096;
export const PLACES = [0, 1, 2] as const;

/** What a disk says at each of the places. */
export type Contents = Record<number, string>;

interface ModelVolume {
  now: Contents;
  snapshots: Record<string, Contents>;
}

/** What should be in a pool. */
export type Model = Record<string, ModelVolume>;

export type Operation =
  | { kind: "create"; volumeId: string }
  | { kind: "write"; volumeId: string; at: number; text: string }
  | { kind: "snapshot" | "revert" | "delete-snapshot"; volumeId: string; snapshotId: string }
  /** Of a running guest, which writes `text` as soon as it has its new layer. */
  | { kind: "live-snapshot"; volumeId: string; snapshotId: string; at: number; text: string }
  | { kind: "live-delete"; volumeId: string; snapshotId: string }
  | { kind: "copy"; volumeId: string; from: string; snapshotId?: string | undefined; linked: boolean }
  | { kind: "delete"; volumeId: string };

/** Chooses an operation that makes sense, by numbers that stand for anything. */
export function chooseOperation(model: Model, choice: Choice): Operation {
  const volumes = Object.keys(model);
  const volumeId = volumes[choice.volume % volumes.length];
  if (volumeId === undefined || volumes.length < 2) return { kind: "create", volumeId: choice.newId };
  const snapshots = Object.keys(model[volumeId]?.snapshots ?? {});
  const snapshotId = snapshots[choice.snapshot % snapshots.length];
  const [at, text] = [choice.snapshot % PLACES.length, `${choice.kind}/${choice.newId.slice(-6)}`];
  const kind = choice.kind % 16;
  if (kind === 0) return volumes.length > 4 ? { kind: "delete", volumeId } : { kind: "create", volumeId: choice.newId };
  if (kind < 4) return { kind: "write", volumeId, at, text };
  if (kind < 6 || snapshotId === undefined) {
    if (snapshots.length < 5 && kind % 2 === 0) return { kind: "snapshot", volumeId, snapshotId: choice.newId };
    if (snapshots.length < 5) return { kind: "live-snapshot", volumeId, snapshotId: choice.newId, at, text };
    return { kind: "write", volumeId, at, text };
  }
  if (kind < 8) return { kind: "revert", volumeId, snapshotId };
  if (kind < 10) return { kind: "delete-snapshot", volumeId, snapshotId };
  if (kind < 12) return { kind: "live-delete", volumeId, snapshotId };
  if (kind === 12 || volumes.length > 5) return { kind: "delete", volumeId };
  const from = kind === 13 ? undefined : snapshotId;
  return { kind: "copy", volumeId: choice.newId, from: volumeId, snapshotId: from, linked: kind === 15 };
}

export interface Choice {
  kind: number;
  volume: number;
  snapshot: number;
  newId: string;
}

/** What the pool may be while the operation goes on, from before it to after it. */
export function statesOf(model: Model, operation: Operation): Model[] {
  const after = structuredClone(model);
  const { volumeId } = operation;
  const volume = after[volumeId];
  switch (operation.kind) {
    case "create":
      after[volumeId] = { now: nothing(), snapshots: {} };
      break;
    case "delete":
      delete after[volumeId];
      break;
    case "copy": {
      const source = after[operation.from]!;
      const now = operation.snapshotId === undefined ? source.now : source.snapshots[operation.snapshotId]!;
      after[volumeId] = { now: { ...now }, snapshots: {} };
      break;
    }
    case "write":
      volume!.now[operation.at] = operation.text;
      break;
    case "snapshot":
      volume!.snapshots[operation.snapshotId] = { ...volume!.now };
      break;
    case "revert":
      volume!.now = { ...volume!.snapshots[operation.snapshotId]! };
      break;
    case "delete-snapshot":
    case "live-delete":
      delete volume!.snapshots[operation.snapshotId];
      break;
    case "live-snapshot": {
      volume!.snapshots[operation.snapshotId] = { ...volume!.now };
      const between = structuredClone(after);
      volume!.now[operation.at] = operation.text;
      return [model, between, after];
    }
  }
  return [model, after];
}

/**
 * Carries it out. `tell` is told what the guest's definition would say, before the guest does anything there. False: the
 * pool refused, for something is in use.
 */
export async function perform(
  pool: VolumeBackend,
  operation: Operation,
  tell: (top: string) => void = () => {},
): Promise<boolean> {
  const { volumeId } = operation;
  try {
    switch (operation.kind) {
      case "create":
      case "copy":
        await make(pool, operation);
        break;
      case "write":
        await writeText(await pool.attach(volumeId), operation.at, operation.text);
        break;
      case "snapshot":
        await pool.snapshots?.create(volumeId, operation.snapshotId);
        break;
      case "revert":
        await pool.snapshots?.revert(volumeId, operation.snapshotId);
        break;
      case "delete-snapshot":
        await pool.snapshots?.delete(volumeId, operation.snapshotId, work());
        break;
      case "live-snapshot": {
        tell(sourceName(await pool.attach(volumeId)));
        const layer = await pool.snapshots!.layers!.prepare(volumeId, operation.snapshotId);
        tell(sourceName(layer));
        await writeText(layer, operation.at, operation.text);
        await pool.snapshots?.layers?.settle(volumeId, sourceName(layer));
        break;
      }
      case "live-delete":
        await liveDelete(pool, volumeId, operation.snapshotId, tell);
        break;
      case "delete":
        await pool.deleteVolume(volumeId);
        break;
    }
    return true;
  } catch (error) {
    if (isProblem(error, Reason.IN_USE)) return false;
    throw error;
  }
}

async function make(pool: VolumeBackend, operation: Extract<Operation, { kind: "create" | "copy" }>): Promise<void> {
  let from: VolumeOrigin | undefined;
  if (operation.kind === "copy") {
    const { from: volumeId, snapshotId, linked } = operation;
    from =
      linked && snapshotId !== undefined
        ? { kind: "linked", volumeId, snapshotId }
        : { kind: "volume", volumeId, snapshotId };
  }
  await pool.ensureVolume({ volumeId: operation.volumeId, sizeBytes: 4 * MIB, thick: false, from, ...work() });
}

async function liveDelete(
  pool: VolumeBackend,
  volumeId: string,
  snapshotId: string,
  tell: (top: string) => void,
): Promise<void> {
  const snapshots = pool.snapshots!;
  const layers = snapshots.layers!;
  let top = sourceName(await pool.attach(volumeId));
  tell(top);
  const plan = await layers.planMerge(volumeId, snapshotId);
  if (plan) {
    await mergeFiles(plan, top);
    if (plan.active) top = plan.base;
    tell(top);
    await layers.settle(volumeId, top);
  }
  await snapshots.delete(volumeId, snapshotId, work());
}

/** What is in the pool, by reading it; the contents of snapshots by copies, which go again. */
export async function observe(pool: VolumeBackend, newId: () => string): Promise<Model> {
  const seen: Model = {};
  for (const { volumeId, snapshotIds } of await pool.listVolumes()) {
    const snapshots: Record<string, Contents> = {};
    for (const snapshotId of snapshotIds) {
      const copy = newId();
      await make(pool, { kind: "copy", volumeId: copy, from: volumeId, snapshotId, linked: false });
      snapshots[snapshotId] = await readAll(await pool.attach(copy));
      await pool.deleteVolume(copy);
    }
    seen[volumeId] = { now: await readAll(await pool.attach(volumeId)), snapshots };
  }
  return seen;
}

async function readAll(source: DiskSource): Promise<Contents> {
  const contents: Contents = {};
  for (const at of PLACES) {
    const text = Buffer.from(await readDisk(source, at * MIB, BLOCK)).toString("latin1");
    contents[at] = text.replace(/\0+$/, "");
  }
  return contents;
}

async function writeText(source: DiskSource, at: number, text: string): Promise<void> {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(text, "latin1");
  await writeDisk(source, at * MIB, bytes);
}

function nothing(): Contents {
  return Object.fromEntries(PLACES.map((at) => [at, ""]));
}

function work() {
  return { signal: new AbortController().signal, onProgress: () => {} };
}
