import { PrivilegeInfoSchema, RoleSchema, type Role } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { moment } from "../../output/times.ts";

export function roleListView(): ListView<typeof RoleSchema> {
  return {
    schema: RoleSchema,
    empty: "no roles",
    columns: [
      { header: "NAME", value: (role) => role.name },
      { header: "BUILT IN", value: (role) => (role.builtIn ? "yes" : "") },
      { header: "DESCRIPTION", value: (role) => role.description },
      { header: "PRIVILEGES", value: (role) => role.privileges.join(","), wide: true },
      { header: "ID", value: (role) => role.id, wide: true },
    ],
  };
}

export function describeRole(role: Role): string[] {
  return renderFields([
    ["Name", role.name],
    ["Id", role.id],
    ["Built in", role.builtIn ? "yes" : ""],
    ["Description", role.description],
    ["Privileges", role.privileges.join("\n")],
    ["Created", moment(role.createdAt)],
    ["Revision", role.builtIn ? "" : String(role.revision)],
  ]);
}

export function privilegeListView(): ListView<typeof PrivilegeInfoSchema> {
  return {
    schema: PrivilegeInfoSchema,
    empty: "no such privilege",
    columns: [
      { header: "PRIVILEGE", value: (privilege) => privilege.name },
      { header: "ALLOWS TO", value: (privilege) => privilege.description },
    ],
  };
}
