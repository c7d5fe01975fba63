import { Snapshot_Phase as Phase, type Snapshot, type StoragePool, type VirtualMachine } from "@limiquantix/api";
import { strings } from "../../../strings/index.ts";
import { whyUnable } from "../../pools/pool-state.ts";

const s = strings.snapshots.blocked;

export function isReverting({ desired, status }: VirtualMachine): boolean {
  return (desired?.reverts ?? 0) > (status?.reverts ?? 0);
}

/** Work on a snapshot of this VM goes on. */
export function busySnapshot(all: readonly Snapshot[]): Snapshot | undefined {
  return all.find(({ phase }) => phase === Phase.CREATING || phase === Phase.DELETING);
}

/** Why no snapshot can be taken now; undefined: one can. */
export function takeBlocked(vm: VirtualMachine, all: readonly Snapshot[], pools: readonly StoragePool[]) {
  if (all.some(({ phase }) => phase === Phase.CREATING)) return s.busy;
  if (isReverting(vm)) return s.reverting;
  for (const { storagePoolId } of vm.spec?.disks ?? []) {
    const pool = pools.find(({ id }) => id === storagePoolId);
    const why = pool && whyUnable(pool, "snapshots");
    if (why) return s.noSnapshots(pool.name, why);
  }
  return undefined;
}

export function revertBlocked(vm: VirtualMachine, snapshot: Snapshot, all: readonly Snapshot[]): string | undefined {
  if (snapshot.phase !== Phase.READY && snapshot.phase !== Phase.ERROR) return s.notReady;
  if (isReverting(vm)) return s.reverting;
  return busySnapshot(all) ? s.busy : undefined;
}

export function deleteBlocked(vm: VirtualMachine, { phase }: Snapshot): string | undefined {
  if (phase === Phase.DELETING) return s.deleting;
  return isReverting(vm) ? s.reverting : undefined;
}

export function editBlocked({ phase }: Snapshot): string | undefined {
  return phase === Phase.READY || phase === Phase.ERROR ? undefined : s.notReady;
}
