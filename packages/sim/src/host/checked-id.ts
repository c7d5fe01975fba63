import { invalid } from "@limiquantix/api";

/** Ids become names of files. */
export function checkedId(id: string): string {
  if (/^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$/.test(id)) return id;
  throw invalid([{ field: "id", message: "letters, digits, - and _ only" }]);
}
