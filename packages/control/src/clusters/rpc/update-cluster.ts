import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ClusterSchema,
  CreateClusterRequestSchema,
  validate,
  type Cluster,
  type UpdateClusterRequest,
} from "@limiquantix/api";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { clusters } from "../../tables.ts";

/** Throws NAME_TAKEN, REVISION_CONFLICT. */
export function updateCluster(parts: AccessParts, request: UpdateClusterRequest, call: Call): Promise<Cluster> {
  const fields = maskedFields(request.updateMask, ["name", "description", "labels"]);
  const asked = create(ClusterSchema, request.cluster);
  return mutate(parts, call, { method: "ClusterService.UpdateCluster", request, response: ClusterSchema }, (tx) => {
    checkRevision("cluster", tx.get(clusters, request.id), request.revision);
    const cluster = tx.update(clusters, request.id, (copy) => {
      if (fields.has("name")) copy.name = asked.name;
      if (fields.has("description")) copy.description = asked.description;
      if (fields.has("labels")) copy.labels = { ...asked.labels };
      copy.updatedAt = timestampFromMs(parts.clock.now());
    });
    const { name, description, labels } = cluster;
    validate(CreateClusterRequestSchema, create(CreateClusterRequestSchema, { name, description, labels }));
    return cluster;
  });
}
