import type { Image, StoragePool, VirtualNetwork, VmSpec } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import type { Access } from "../access/access.ts";
import { defaultProjectId } from "../access/inventory.ts";
import type { Database } from "../store/database.ts";
import { images, networks, pools, vms } from "../tables.ts";
import type { SpecReferences } from "./spec/check.ts";
import type { SpecContext } from "./spec/defaults.ts";
import { tombstones } from "./tombstone.ts";
import type { VmIndex } from "./vm-index.ts";

/** Who asks for a spec. What they may not know of is as if it were not there, but for what the VM has already. */
export interface AskedBy {
  access: Access;
  /** The VM's. */
  projectId: string;
  before?: VmSpec | undefined;
}

/** What a VM's spec may lean on, as the cluster has it now and the caller may know it. */
export function specContext(db: Database, index: VmIndex, by: AskedBy): SpecContext {
  return {
    findImage: imageFinder(db, by),
    defaultNetworkId: defaultNetworkId(db, by),
    newId,
    newMac: () => index.newMac(),
  };
}

export function specReferences(db: Database, index: VmIndex, by: AskedBy & { vmId: string }): SpecReferences {
  const { access, before, vmId } = by;
  const knownNetworks = new Set(before?.nics.map(({ networkId }) => networkId));
  const knownPools = new Set(before?.disks.map(({ storagePoolId }) => storagePoolId));
  const seesNetwork = access.sees("network", "network.view");
  const usesNetwork = access.sees("network", "network.use");
  const seesPool = access.sees("pool", "pool.view");
  const usesPool = access.sees("pool", "storage.allocate");
  const seesVm = access.sees("vm", "vm.view");
  return {
    findImage: imageFinder(db, by),
    findNetwork: (id) =>
      known(
        db.find(networks, id),
        (row: VirtualNetwork) => knownNetworks.has(id) || seesNetwork(row) || usesNetwork(row),
      ),
    findPool: (id) =>
      known(db.find(pools, id), (row: StoragePool) => knownPools.has(id) || seesPool(row) || usesPool(row)),
    macOwner(mac) {
      const id = index.macOwner(mac, vmId);
      if (id === undefined) return undefined;
      const [owner, removed] = [db.find(vms, id), db.find(tombstones, id)];
      if (owner && seesVm(owner)) return `VM ${owner.name}`;
      return removed && access.everywhere("vm.view") ? `VM ${removed.name}` : "another VM";
    },
  };
}

/**
 * The network of an interface that names none: the one named "default" of the VM's project, or else of the default
 * project; empty where there is none that the caller may use.
 */
export function defaultNetworkId(db: Database, { access, projectId }: AskedBy): string {
  const usable = db.by(networks, "name", "default").filter(access.sees("network", "network.use"));
  const own = usable.find((network) => network.projectId === projectId);
  return (own ?? usable.find((network) => network.projectId === defaultProjectId))?.id ?? "";
}

function imageFinder(db: Database, { access, before }: AskedBy): (id: string) => Image | undefined {
  const own = new Set([...(before?.disks ?? []), ...(before?.cdroms ?? [])].map(({ imageId }) => imageId));
  const [sees, uses] = [access.sees("image", "image.view"), access.sees("image", "image.use")];
  return (id) => known(db.find(images, id), (row: Image) => own.has(id) || sees(row) || uses(row));
}

function known<Row>(row: Row | undefined, mayKnow: (row: Row) => boolean): Row | undefined {
  return row && mayKnow(row) ? row : undefined;
}
