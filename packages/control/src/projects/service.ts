import type { ServiceImpl } from "@connectrpc/connect";
import type { ProjectService } from "@limiquantix/api";
import type { AccessParts } from "../access/parts.ts";

export function projectService(_parts: AccessParts) {
  return {} satisfies Partial<ServiceImpl<typeof ProjectService>>;
}
