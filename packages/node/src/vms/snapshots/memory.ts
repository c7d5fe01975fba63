import type { HostPools } from "../../pools/host-pools.ts";
import type { MemoryFiles, VolumeBackend } from "../../ports/volume-backend.ts";

/** Where a snapshot's memory goes: beside the first disk where that pool keeps such files, else to the host's own pool. */
export function memoryHome(pools: HostPools, first: VolumeBackend | undefined): MemoryFiles | undefined {
  return first?.memory ?? pools.own.find(({ memory }) => memory)?.memory;
}

/** The files that have this snapshot's memory; undefined: none has. */
export async function findMemory(pools: HostPools, snapshotId: string): Promise<MemoryFiles | undefined> {
  for (const { memory } of pools.open) {
    if (memory && (await memory.sizeBytes(snapshotId)) !== undefined) return memory;
  }
  return undefined;
}

export async function deleteMemory(pools: HostPools, snapshotId: string): Promise<void> {
  for (const { memory } of pools.open) await memory?.delete(snapshotId);
}
