/** `wide` is a table with more columns. */
export const formats = ["table", "wide", "json", "yaml"] as const;
export type Format = (typeof formats)[number];

/** For programs: progress and hints in words are of no use to them. */
export function isMachine(format: Format): boolean {
  return format === "json" || format === "yaml";
}
