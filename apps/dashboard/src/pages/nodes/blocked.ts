import type { Permission } from "../../api/use-can.ts";
import { strings } from "../../strings/index.ts";

/** Why a button is grey: what the user lacks, or that it is not known yet. Undefined: it may be used. */
export function blockedBy(permission: Permission | undefined): string | undefined {
  return permission?.allowed ? undefined : permission?.why || strings.nodes.checking;
}
