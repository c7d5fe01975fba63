import { clone, create } from "@bufbuild/protobuf";
import { VmDesiredSchema, VirtualNetworkSpecSchema, VmSpecSchema, type VirtualMachine } from "@limiquantix/api";
import { EnsureNetworkRequestSchema, EnsureVMRequestSchema, type EnsureVMRequest } from "@limiquantix/api/daemon";
import type { Sealer } from "../identity/sealer.ts";
import type { Database } from "../store/database.ts";
import { nameOnHost } from "../pools/pool.ts";
import { images, networks, pools } from "../tables.ts";
import { openSecrets } from "./cloud-init/sealed-secrets.ts";
import { isAdopted } from "./vm.ts";

/**
 * All that a host needs to make the VM so. Pools go by their names on the host; the guest's secrets are opened.
 * Throws GUEST_SECRETS_UNREADABLE.
 */
export function ensureRequestOf({ db, sealer }: { db: Database; sealer: Sealer }, vm: VirtualMachine): EnsureVMRequest {
  const spec = vm.spec ? clone(VmSpecSchema, vm.spec) : create(VmSpecSchema);
  if (spec.provisioning?.cloudInit) openSecrets(sealer, vm, spec.provisioning.cloudInit);
  const networkIds = new Set(spec.nics.map((nic) => nic.networkId));
  const poolIds = new Set(spec.disks.flatMap((disk) => [disk.storagePoolId, disk.movingFromPoolId]).filter((id) => id));
  const boot = spec.disks.find((disk) => disk.imageId !== "");
  return create(EnsureVMRequestSchema, {
    vmId: vm.id,
    name: vm.name,
    generation: vm.generation,
    spec,
    desired: vm.desired ? clone(VmDesiredSchema, vm.desired) : create(VmDesiredSchema),
    networks: [...networkIds].flatMap((id) => {
      const network = db.find(networks, id);
      if (!network) return [];
      const networkSpec = network.spec ? clone(VirtualNetworkSpecSchema, network.spec) : {};
      return [create(EnsureNetworkRequestSchema, { networkId: id, name: network.name, spec: networkSpec })];
    }),
    pools: Object.fromEntries([...poolIds].map((id) => [id, nameOfPool(db, id)])),
    adopted: isAdopted(vm),
    defaultUser: (boot && db.find(images, boot.imageId)?.spec?.defaultUser) || "",
  });
}

function nameOfPool(db: Database, id: string): string {
  const pool = db.find(pools, id);
  return pool ? nameOnHost(pool) : "";
}
