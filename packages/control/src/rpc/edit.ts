import { invalid, problem, Reason } from "@limiquantix/api";

/** The fields that an update's mask names. Throws INVALID_REQUEST for none, and for one that cannot be changed. */
export function maskedFields<Field extends string>(
  mask: { paths: readonly string[] } | undefined,
  known: readonly Field[],
): ReadonlySet<Field> {
  const paths = mask?.paths ?? [];
  const unknown = paths.filter((path) => !(known as readonly string[]).includes(path));
  if (paths.length > 0 && unknown.length === 0) return new Set(paths as Field[]);
  const names = known.join(", ");
  const message =
    paths.length === 0 ? `must name what to change: ${names}` : `${unknown.join(", ")}: not among ${names}`;
  throw invalid([{ field: "updateMask", message }]);
}

/** Throws REVISION_CONFLICT unless the row is as the caller read it; 0: whatever it is. */
export function checkRevision(kind: string, row: { id: string; revision: bigint }, expected: bigint): void {
  if (expected === 0n || expected === row.revision) return;
  const [current, read] = [String(row.revision), String(expected)];
  throw problem(Reason.REVISION_CONFLICT, { kind, id: row.id, current, expected: read });
}

/** "3 VMs, 1 folder" of what there is any; empty: of nothing. */
export function listOfCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${count === 1 ? word : `${word}s`}`)
    .join(", ");
}
