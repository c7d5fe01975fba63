import type { ServiceImpl } from "@connectrpc/connect";
import type { ClusterService } from "@limiquantix/api";
import type { AccessParts } from "../access/parts.ts";

export function clusterService(_parts: AccessParts) {
  return {} satisfies Partial<ServiceImpl<typeof ClusterService>>;
}
