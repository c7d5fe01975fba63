import { AuditService } from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient } from "../../api/context.tsx";
import { useAction } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { download } from "../../ui/download.ts";
import { timeOf } from "./audit-filters.tsx";

export interface AuditExport {
  busy: boolean;
  /** How many records have come. */
  lines: number;
  start: () => void;
}

/** Saves the records of a time as JSON lines, oldest first; each has what a verification elsewhere needs. */
export function useAuditExport(since: string, until: string): AuditExport {
  const client = useClient(AuditService);
  const [lines, setLines] = useState(0);
  const action = useAction(async () => {
    setLines(0);
    const parts: string[] = [];
    let count = 0;
    const [from, to] = [timeOf(since), timeOf(until)];
    for await (const { jsonLines } of client.exportAudit({ ...(from && { since: from }), ...(to && { until: to }) })) {
      parts.push(jsonLines);
      count += jsonLines.split("\n").filter(Boolean).length;
      setLines(count);
    }
    download(`audit-${new Date().toISOString().slice(0, 10)}.jsonl`, parts, "application/x-ndjson");
    toast.success(strings.audit.exported(count));
  });
  return { busy: action.busy, lines, start: () => void action.run() };
}
