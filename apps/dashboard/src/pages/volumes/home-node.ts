import type { StoragePool, VirtualMachine, Volume } from "@limiquantix/api";

/** The one host that reads the volume: its VM's, or where its pool is not shared the one that made it; empty: any. */
export function homeNode(volume: Volume, pool: StoragePool | undefined, vm: VirtualMachine | undefined): string {
  if (vm?.status?.nodeId) return vm.status.nodeId;
  if (pool?.spec?.ofHost) return pool.spec.assignedNodeIds[0] ?? "";
  return pool?.status?.capabilities?.shared ? "" : (volume.status?.nodeId ?? "");
}
