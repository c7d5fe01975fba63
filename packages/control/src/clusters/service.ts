import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ClusterUpdateSchema,
  ListClustersResponseSchema,
  type ClusterService,
  type ListClustersRequest,
  type WatchClustersRequest,
} from "@limiquantix/api";
import { notFound } from "../access/access.ts";
import type { AccessParts } from "../access/parts.ts";
import type { Call } from "../rpc/call.ts";
import { callOf } from "../rpc/context.ts";
import { pageOf } from "../rpc/page.ts";
import { clusters } from "../tables.ts";
import { watchTable } from "../watch/watch-table.ts";
import { createCluster } from "./rpc/create-cluster.ts";
import { deleteCluster } from "./rpc/delete-cluster.ts";
import { moveNode } from "./rpc/move-node.ts";
import { updateCluster } from "./rpc/update-cluster.ts";

export function clusterService(parts: AccessParts) {
  return {
    createCluster: (request, context) => createCluster(parts, request, callOf(context)),
    getCluster: ({ id }) => getCluster(parts, id),
    listClusters: (request, context) => listClusters(parts, request, callOf(context)),
    updateCluster: (request, context) => updateCluster(parts, request, callOf(context)),
    deleteCluster: (request, context) => deleteCluster(parts, request, callOf(context)),
    moveNode: (request, context) => moveNode(parts, request, callOf(context)),
    watchClusters: (request, context) => watchClusters(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof ClusterService>;
}

function getCluster({ inventory }: AccessParts, id: string) {
  const cluster = inventory.find("cluster", id);
  if (!cluster) throw notFound({ kind: "cluster", id });
  return cluster;
}

function listClusters({ db }: AccessParts, request: ListClustersRequest, { access }: Call) {
  const visible = access.sees("cluster", "cluster.view");
  const { items, nextPageToken, totalCount } = pageOf([...db.all(clusters)].filter(visible), request);
  return create(ListClustersResponseSchema, { clusters: items, nextPageToken, totalCount });
}

async function* watchClusters({ db }: AccessParts, request: WatchClustersRequest, { access, signal }: Call) {
  const visible = access.sees("cluster", "cluster.view");
  for await (const { type, row, revision } of watchTable(db, clusters, {
    from: Number(request.fromRevision),
    signal,
    access,
    visible,
  })) {
    yield create(ClusterUpdateSchema, { type, ...(row ? { cluster: row } : {}), revision: BigInt(revision) });
  }
}
