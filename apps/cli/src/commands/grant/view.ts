import { GrantSchema, type Grant } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { age } from "../../output/times.ts";
import { formatObject } from "../../rpc/resolve-object.ts";

export function grantListView(): ListView<typeof GrantSchema> {
  return {
    schema: GrantSchema,
    empty: "no grants",
    columns: [
      { header: "HOLDER", value: holderOf },
      { header: "ROLE", value: (grant) => grant.roleName || grant.roleId },
      { header: "ON", value: (grant) => formatObject(grant.object) },
      { header: "BELOW", value: (grant) => (grant.thisObjectOnly ? "no" : "yes") },
      { header: "AGE", value: (grant) => age(grant.createdAt), right: true },
      { header: "BY", value: (grant) => grant.createdBy, wide: true },
      { header: "ID", value: (grant) => grant.id },
    ],
  };
}

/** `group ops has operator on project/web`. */
export function describeGrant(grant: Grant): string {
  const only = grant.thisObjectOnly ? ", and on nothing below it" : "";
  return `${holderOf(grant)} has ${grant.roleName || grant.roleId} on ${formatObject(grant.object)}${only}`;
}

function holderOf({ holder, holderName }: Grant): string {
  return `${holder.case === "groupId" ? "group" : "user"} ${holderName || (holder.value ?? "")}`;
}
