import { create } from "@bufbuild/protobuf";
import {
  DeleteClusterResponseSchema,
  problem,
  Reason,
  type DeleteClusterRequest,
  type DeleteClusterResponse,
} from "@limiquantix/api";
import { dropGrantsOn } from "../../access/drop-grants.ts";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { listOfCounts } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { clusters, nodes } from "../../tables.ts";

/** Only one without hosts; with its grants. Throws NOT_EMPTY. */
export function deleteCluster(
  parts: AccessParts,
  request: DeleteClusterRequest,
  call: Call,
): Promise<DeleteClusterResponse> {
  const mutation = { method: "ClusterService.DeleteCluster", request, response: DeleteClusterResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const { id, name } = tx.get(clusters, request.id);
    const hosts = tx.by(nodes, "cluster", id).length;
    if (hosts > 0) throw problem(Reason.NOT_EMPTY, { kind: "cluster", name, what: listOfCounts({ host: hosts }) });
    dropGrantsOn(tx, "cluster", id);
    tx.delete(clusters, id);
    return create(DeleteClusterResponseSchema);
  });
}
