import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ListNetworksResponseSchema, type VirtualNetworkService } from "@limiquantix/api";
import type { Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import { callOf } from "../rpc/context.ts";
import { pageOf } from "../rpc/page.ts";
import type { Database } from "../store/database.ts";
import { networks } from "../tables.ts";
import { listLeases } from "./list-leases.ts";

export function virtualNetworkService(parts: { db: Database; hosts: HostClients; log: Log }) {
  const { db } = parts;
  return {
    getNetwork: ({ id }) => db.get(networks, id),
    listNetworks(request, context) {
      const visible = callOf(context).access.sees("network", "network.view");
      const found = [...db.all(networks)].filter(
        (row) => (!request.projectId || row.projectId === request.projectId) && visible(row),
      );
      const { items, nextPageToken, totalCount } = pageOf(found, request);
      return create(ListNetworksResponseSchema, { networks: items, nextPageToken, totalCount });
    },
    listLeases: ({ networkId }, context) => listLeases(parts, networkId, callOf(context)),
  } satisfies ServiceImpl<typeof VirtualNetworkService>;
}
