import type { Volume } from "@limiquantix/api";
import { allPages, pageSize } from "../../rpc/pages.ts";
import { readPoolNames } from "../../rpc/resolve-pool.ts";
import { readRecycledVms } from "../../rpc/resolve-storage.ts";
import type { Session } from "../../rpc/session.ts";
import { vmsOf, type VolumeNames } from "./view.ts";

/** Names of pools, and of VMs where one of the volumes has one. */
export async function readVolumeNames(session: Session, volumes: readonly Volume[]): Promise<VolumeNames> {
  const attached = new Set(volumes.flatMap(vmsOf));
  const [pool, names] = await Promise.all([readPoolNames(session), readVmNames(session, attached)]);
  return { pool, vm: (vmId) => names.get(vmId) ?? vmId };
}

async function readVmNames(session: Session, ids: ReadonlySet<string>): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  if (ids.size === 0) return names;
  const vms = await allPages(async (pageToken) => {
    const page = await session.vms.listVMs({ pageSize, pageToken });
    return { items: page.vms, nextPageToken: page.nextPageToken };
  });
  for (const vm of vms) names.set(vm.id, vm.name);
  if ([...ids].every((id) => names.has(id))) return names;
  // The disks of a deleted VM wait for it in the recycle bin.
  for (const { vm } of await readRecycledVms(session)) if (vm) names.set(vm.id, `${vm.name} (deleted)`);
  return names;
}
