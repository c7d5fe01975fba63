import type { HostVerdict, WhyNotResponse } from "@limiquantix/api";
import { paintState, type Paint } from "../../output/paint.ts";
import { renderTable, type Column } from "../../output/table.ts";

/** Host by host: does it fit, how well, and if not, why not. */
export function describeVerdicts({ chosenNodeId, hosts }: WhyNotResponse, paint: Paint): string[] {
  const columns: Column<HostVerdict>[] = [
    { header: "HOST", value: (host) => host.hostname || host.nodeId },
    { header: "FITS", value: (host) => (host.fits ? "yes" : "no"), paint: (text) => paintState(paint, text) },
    { header: "SCORE", value: (host) => (host.fits ? host.score.toFixed(2) : ""), right: true },
    { header: "WHY NOT", value: (host) => host.objections.map((o) => `${o.filter}: ${o.message}`).join("; ") },
  ];
  const chosen = hosts.find((host) => host.nodeId === chosenNodeId);
  const verdict = chosen ? `It would go to ${chosen.hostname || chosen.nodeId}.` : "No host fits.";
  return hosts.length === 0 ? ["There is no host."] : [...renderTable(columns, hosts), "", verdict];
}
