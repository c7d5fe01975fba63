import { Snapshot_Phase, type ListSnapshotsResponse, type Snapshot } from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { paintState, type Paint } from "../../output/paint.ts";
import { renderTable, type Column } from "../../output/table.ts";
import { age } from "../../output/times.ts";

/** A line of the tree; without a snapshot it is where the VM is now. */
interface Line {
  branch: string;
  snapshot?: Snapshot;
}

/** A VM's snapshots, each below the one that it was taken after, and where the VM is now. Pure. */
export function renderSnapshots(
  { snapshots, currentSnapshotId }: ListSnapshotsResponse,
  paint: Paint,
  wide = false,
): string[] {
  const known = new Set(snapshots.map(({ id }) => id));
  const below = new Map<string, (Snapshot | undefined)[]>();
  const add = (parentId: string, one: Snapshot | undefined) => {
    const parent = known.has(parentId) ? parentId : "";
    below.set(parent, [...(below.get(parent) ?? []), one]);
  };
  for (const snapshot of snapshots) add(snapshot.parentId, snapshot);
  add(currentSnapshotId, undefined);
  const lines: Line[] = [];
  const walk = (parentId: string, indent: string) => {
    const children = below.get(parentId) ?? [];
    children.forEach((snapshot, at) => {
      const last = at === children.length - 1;
      const top = parentId === "" && children.length === 1;
      const branch = top ? "" : `${indent}${last ? "└─ " : "├─ "}`;
      lines.push(snapshot ? { branch, snapshot } : { branch });
      if (snapshot) walk(snapshot.id, top ? "" : `${indent}${last ? "   " : "│  "}`);
    });
  };
  walk("", "");
  return renderTable(columns(paint, wide), lines);
}

function columns(paint: Paint, wide: boolean): Column<Line>[] {
  const of = (value: (snapshot: Snapshot) => string) => (line: Line) => (line.snapshot ? value(line.snapshot) : "");
  return [
    {
      header: "NAME",
      value: ({ branch, snapshot }) => `${branch}${snapshot?.name ?? "(now)"}`,
      paint: (text, { snapshot }) => (snapshot ? text : paint.cyan(text)),
    },
    { header: "STATE", value: of(phaseOf), paint: (text) => paintState(paint, text) },
    { header: "SIZE", value: of(({ sizeBytes }) => formatBytes(sizeBytes)), right: true },
    { header: "AGE", value: of(({ createdAt }) => age(createdAt)), right: true },
    { header: "MEMORY", value: of(({ memoryIncluded }) => (memoryIncluded ? "with" : "")) },
    { header: "QUIESCED", value: of(({ quiesced }) => (quiesced ? "yes" : "")) },
    { header: "DESCRIPTION", value: of(aboutIt) },
    ...(wide ? [{ header: "ID", value: of(({ id }) => id) }] : []),
  ];
}

function aboutIt({ description, errorMessage, takenForVmId, scheduleId, createdBy }: Snapshot): string {
  if (scheduleId && !errorMessage && !description) return `(${createdBy})`;
  return errorMessage || description || (takenForVmId ? "(taken for clones; it goes when they do)" : "");
}

export function phaseOf({ phase }: Snapshot): string {
  return Snapshot_Phase[phase] ?? "UNKNOWN";
}
