import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  VirtualNetworkSchema,
  VirtualNetworkSpec_Type,
  VirtualNetworkStatus_Phase,
  type VirtualNetwork,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import { networks } from "../tables.ts";

export const defaultNetworkName = "default";

/** The network of an interface that names none. Throws when `ensureDefaultNetwork` did not run. */
export function defaultNetwork(db: Pick<Transaction, "by">): VirtualNetwork {
  const found = db.by(networks, "name", defaultNetworkName).find((network) => network.projectId === "default");
  if (!found) throw new Error("the default network was not made at the start");
  return found;
}

/** Makes the NAT network `default` at the first start, so that a first VM has an address without further ado. */
export async function ensureDefaultNetwork({ db, clock }: { db: Database; clock: Clock }): Promise<void> {
  await db.transact((tx) => {
    if (tx.by(networks, "name", defaultNetworkName).length > 0) return;
    const now = timestampFromMs(clock.now());
    tx.insert(
      networks,
      create(VirtualNetworkSchema, {
        id: newId(),
        name: defaultNetworkName,
        projectId: "default",
        description: "Addresses by DHCP behind each host's own, for the first minutes",
        // Hosts make it when a VM needs it, and each picks a free subnet.
        spec: { type: VirtualNetworkSpec_Type.NAT, ipConfig: { dhcp: true }, mtu: 1500 },
        status: { phase: VirtualNetworkStatus_Phase.PENDING },
        createdAt: now,
        updatedAt: now,
        generation: 1n,
      }),
    );
  });
}
