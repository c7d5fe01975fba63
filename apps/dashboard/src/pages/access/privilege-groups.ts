import type { PrivilegeInfo } from "@limiquantix/api";

/** Privileges under the kind of object that they are about, in the order of the server. */
export function byKind(privileges: readonly PrivilegeInfo[]): [kind: string, privileges: PrivilegeInfo[]][] {
  return [...Map.groupBy(privileges, ({ name }) => name.split(".")[0] ?? "")];
}
