import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ClusterSchema, type Cluster, type CreateClusterRequest } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { clusters } from "../../tables.ts";

/** Throws NAME_TAKEN. */
export function createCluster(parts: AccessParts, request: CreateClusterRequest, call: Call): Promise<Cluster> {
  return mutate(parts, call, { method: "ClusterService.CreateCluster", request, response: ClusterSchema }, (tx) => {
    const now = timestampFromMs(parts.clock.now());
    const { name, description, labels } = request;
    const cluster = create(ClusterSchema, { id: newId(), name, description, labels, createdAt: now, updatedAt: now });
    tx.insert(clusters, cluster);
    return cluster;
  });
}
