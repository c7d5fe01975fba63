import { AuditRecord_Outcome, AuditRecordSchema, type AuditChange, type AuditRecord } from "@limiquantix/api";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { printable, renderFields } from "../../output/table.ts";
import { moment } from "../../output/times.ts";
import { formatObject } from "../../rpc/resolve-object.ts";

export function auditListView(paint: Paint): ListView<typeof AuditRecordSchema> {
  return {
    schema: AuditRecordSchema,
    empty: "no records",
    columns: [
      { header: "ID", value: (record) => shortId(record.id) },
      { header: "AT", value: (record) => moment(record.at) },
      { header: "WHO", value: whoOf },
      { header: "FROM", value: (record) => record.address },
      { header: "WHAT", value: (record) => `${record.method}${record.dryRun ? " (dry run)" : ""}` },
      { header: "ON", value: (record) => formatObject(record.object) },
      { header: "OUTCOME", value: outcomeOf, paint: (text) => paintState(paint, text) },
      { header: "WHY", value: (record) => record.message, wide: true },
      { header: "REQUEST", value: (record) => record.requestId, wide: true },
    ],
  };
}

export function describeRecord(record: AuditRecord): string[] {
  return [
    ...renderFields([
      ["Id", record.id],
      ["At", moment(record.at)],
      ["Who", `${whoOf(record)} (${record.actorKind}${record.actorId ? ` ${record.actorId}` : ""})`],
      ["From", record.address],
      ["Token", record.tokenId],
      ["What", `${record.method}${record.dryRun ? " (dry run)" : ""}`],
      ["On", formatObject(record.object)],
      ["Outcome", outcomeOf(record)],
      ["Reason", record.reason],
      ["Message", record.message],
      ["Project", record.projectId],
      ["Task", record.taskId],
      ["Request", record.requestId],
      ["Hash", record.hash],
      ["Before it", record.previousHash],
    ]),
    ...record.changes.map((change) => printable(describeChange(change))),
    ...(record.changesCut ? ["… and more than fits"] : []),
  ];
}

/** `vm/web spec.cpu.cores: 2 → 4`; a whole object came or went. */
function describeChange({ object, field, before, after }: AuditChange): string {
  const what = [formatObject(object), field].filter(Boolean).join(" ");
  if (before === "") return `+ ${what}${after && `: ${after}`}`;
  return after === "" ? `- ${what}: ${before}` : `~ ${what}: ${before} → ${after}`;
}

function whoOf({ actorName, actorKind }: AuditRecord): string {
  return actorName || actorKind;
}

function outcomeOf({ outcome }: AuditRecord): string {
  return AuditRecord_Outcome[outcome] ?? "";
}

/** Ids have leading zeros, for their order; people do without. */
export function shortId(id: string): string {
  return id.replace(/^0+(?=.)/, "");
}
