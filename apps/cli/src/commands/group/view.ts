import { GroupSchema, type Group } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";

export function groupListView(): ListView<typeof GroupSchema> {
  return {
    schema: GroupSchema,
    empty: "no groups",
    columns: [
      { header: "NAME", value: (group) => group.name },
      { header: "MEMBERS", value: (group) => String(membersOf(group).length), right: true },
      { header: "DESCRIPTION", value: (group) => group.description },
      { header: "AGE", value: (group) => age(group.createdAt), right: true },
      { header: "ID", value: (group) => group.id, wide: true },
    ],
  };
}

export function describeGroup(group: Group, userName: (id: string) => string): string[] {
  return renderFields([
    ["Name", group.name],
    ["Id", group.id],
    ["Description", group.description],
    ["Members", group.memberIds.map(userName).join(", ")],
    ["By their provider", group.providedMemberIds.map(userName).join(", ")],
    ["Created", moment(group.createdAt)],
    ["Revision", String(group.revision)],
  ]);
}

function membersOf(group: Group): string[] {
  return [...new Set([...group.memberIds, ...group.providedMemberIds])];
}
