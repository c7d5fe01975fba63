import type { Clock } from "@limiquantix/kit";
import type { MemoryFiles, VolumeBackend, VolumeLayers, VolumeSnapshots } from "../ports/volume-backend.ts";

/** A call that takes longer has the pool looked at. */
const SLOW_MS = 5000;

/**
 * Stands between a pool and those who use it: once the pool is found to be away, whatever waits for it ends with that,
 * and new calls do so at once. A call that the storage never answers is left behind.
 */
export class PoolGate {
  readonly #clock: Clock;
  readonly #onSlow: () => void;
  #closed = new AbortController();

  constructor(options: { clock: Clock; onSlow: () => void }) {
    this.#clock = options.clock;
    this.#onSlow = options.onSlow;
  }

  close(cause: Error): void {
    this.#closed.abort(cause);
  }

  open(): void {
    if (this.#closed.signal.aborted) this.#closed = new AbortController();
  }

  pass<T>(call: () => Promise<T>): Promise<T> {
    const { signal } = this.#closed;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const slow = this.#clock.after(SLOW_MS, this.#onSlow, { background: true });
      const onClosed = () => reject(signal.reason as Error);
      signal.addEventListener("abort", onClosed, { once: true });
      call()
        .then(resolve, reject)
        .finally(() => {
          slow[Symbol.dispose]();
          signal.removeEventListener("abort", onClosed);
        });
    });
  }
}

/** The backend behind a gate. Images are streams with time-outs of their own and pass as they are. */
export function guardedBackend(backend: VolumeBackend, gate: PoolGate): VolumeBackend {
  const { snapshots, memory } = backend;
  return {
    pool: backend.pool,
    backend: backend.backend,
    capabilities: backend.capabilities,
    images: backend.images,
    snapshots: snapshots && guardedSnapshots(snapshots, gate),
    memory: memory && guardedMemory(memory, gate),
    capacity: () => gate.pass(() => backend.capacity()),
    ensureVolume: (request) => gate.pass(() => backend.ensureVolume(request)),
    findVolume: (volumeId) => gate.pass(() => backend.findVolume(volumeId)),
    attach: (volumeId, options) => gate.pass(() => backend.attach(volumeId, options)),
    detach: (volumeId) => gate.pass(() => backend.detach(volumeId)),
    growVolume: (volumeId, sizeBytes, options) => gate.pass(() => backend.growVolume(volumeId, sizeBytes, options)),
    deleteVolume: (volumeId) => gate.pass(() => backend.deleteVolume(volumeId)),
    listVolumes: () => gate.pass(() => backend.listVolumes()),
    listFiles: (limit) => gate.pass(() => backend.listFiles(limit)),
    ensureSeed: (vmId, files) => gate.pass(() => backend.ensureSeed(vmId, files)),
    readSeed: (vmId) => gate.pass(() => backend.readSeed(vmId)),
    deleteSeed: (vmId) => gate.pass(() => backend.deleteSeed(vmId)),
    [Symbol.asyncDispose]: async () => backend[Symbol.asyncDispose](),
  };
}

function guardedSnapshots(snapshots: VolumeSnapshots, gate: PoolGate): VolumeSnapshots {
  return {
    how: snapshots.how,
    layers: snapshots.layers && guardedLayers(snapshots.layers, gate),
    create: (volumeId, snapshotId) => gate.pass(() => snapshots.create(volumeId, snapshotId)),
    revert: (volumeId, snapshotId) => gate.pass(() => snapshots.revert(volumeId, snapshotId)),
    delete: (volumeId, snapshotId, work) => gate.pass(() => snapshots.delete(volumeId, snapshotId, work)),
    usedBytes: (volumeId, snapshotId) => gate.pass(() => snapshots.usedBytes(volumeId, snapshotId)),
  };
}

function guardedLayers(layers: VolumeLayers, gate: PoolGate): VolumeLayers {
  return {
    prepare: (volumeId, snapshotId) => gate.pass(() => layers.prepare(volumeId, snapshotId)),
    planMerge: (volumeId, snapshotId) => gate.pass(() => layers.planMerge(volumeId, snapshotId)),
    settle: (volumeId, top) => gate.pass(() => layers.settle(volumeId, top)),
  };
}

function guardedMemory(memory: MemoryFiles, gate: PoolGate): MemoryFiles {
  return {
    path: (snapshotId) => memory.path(snapshotId),
    sizeBytes: (snapshotId) => gate.pass(() => memory.sizeBytes(snapshotId)),
    delete: (snapshotId) => gate.pass(() => memory.delete(snapshotId)),
  };
}
