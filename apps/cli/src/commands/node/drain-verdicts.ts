import { DrainVerdict_Action, type DrainVerdict } from "@limiquantix/api";
import { renderTable } from "../../output/table.ts";

/** What happens to each VM of a host that is drained; nothing for an empty one. */
export function describeDrain(verdicts: readonly DrainVerdict[]): string[] {
  if (verdicts.length === 0) return [];
  return renderTable(
    [
      { header: "VM", value: (it) => it.vmName || it.vmId },
      { header: "ACTION", value: (it) => (DrainVerdict_Action[it.action] ?? "").toLowerCase().replaceAll("_", " ") },
      { header: "WHY", value: (it) => it.reason },
    ],
    verdicts,
  );
}
