import type { ObservedVm } from "./gen/limiquantix/compute/v1/node_service_pb.js";

/**
 * UpdateHeartbeatRequest.state_hash, a digest of what a host has: the same on both sides as long as each knows the same VMs in the
 * same states. FNV-1a, 64 bits (draft-eastlake-fnv-21), over lines `id state generation` in id order; not for secrets.
 */
export function stateHash(vms: Iterable<Pick<ObservedVm, "id" | "state" | "generation">>): string {
  const lines = [...vms].map((vm) => `${vm.id} ${vm.state} ${vm.generation}\n`).toSorted();
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(lines.join(""))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
