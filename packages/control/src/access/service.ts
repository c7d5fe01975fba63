import type { ServiceImpl } from "@connectrpc/connect";
import type { GrantService, RoleService } from "@limiquantix/api";
import type { AccessParts } from "./parts.ts";

export function roleService(_parts: AccessParts) {
  return {} satisfies Partial<ServiceImpl<typeof RoleService>>;
}

export function grantService(_parts: AccessParts) {
  return {} satisfies Partial<ServiceImpl<typeof GrantService>>;
}
