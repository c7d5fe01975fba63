import { newId } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { images, networks, pools } from "../tables.ts";
import type { SpecReferences } from "./spec/check.ts";
import type { SpecContext } from "./spec/defaults.ts";
import type { VmIndex } from "./vm-index.ts";

/** What a VM's spec may lean on, as the cluster has it now. */
export function specContext(db: Database, index: VmIndex): SpecContext {
  return {
    findImage: (id) => db.find(images, id),
    defaultNetworkId: defaultNetworkId(db),
    newId,
    newMac: () => index.newMac(),
  };
}

export function specReferences(db: Database, index: VmIndex, vmId: string): SpecReferences {
  return {
    findImage: (id) => db.find(images, id),
    findNetwork: (id) => db.find(networks, id),
    findPool: (id) => db.find(pools, id),
    macOwner: (mac) => index.macOwner(mac, vmId),
  };
}

/** The network named "default"; empty when there is none. */
export function defaultNetworkId(db: Database): string {
  return db.by(networks, "name", "default")[0]?.id ?? "";
}
