import { getCluster } from "../../rpc/resolve-identities.ts";
import { editLabelled } from "../edit-labelled.ts";

export const edit = editLabelled("cluster", {
  schema: async () => (await import("@limiquantix/api")).ClusterSchema,
  get: getCluster,
  update: (session, { fields, ...change }) => session.clusters.updateCluster({ ...change, cluster: fields }),
});
