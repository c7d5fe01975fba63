import type { ServiceImpl } from "@connectrpc/connect";
import type { FolderService } from "@limiquantix/api";
import type { AccessParts } from "../access/parts.ts";

export function folderService(_parts: AccessParts) {
  return {} satisfies Partial<ServiceImpl<typeof FolderService>>;
}
