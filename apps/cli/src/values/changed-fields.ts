import { UsageError } from "../usage-error.ts";

type Given<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/**
 * The fields that flags set, and the mask that names them for the API. Throws a UsageError where none is set: an edit
 * without a change is a forgotten flag. Pure.
 */
export function changedFields<Fields extends object>(
  flags: Fields,
): { fields: Given<Fields>; updateMask: { paths: string[] } } {
  const fields = given(flags);
  const names = Object.keys(fields);
  if (names.length === 0) throw new UsageError("nothing to change", "Say what by a flag: see --help.");
  return { fields, updateMask: { paths: names.map(snake) } };
}

/** Without the fields that are not set. Pure. */
export function given<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>;
}

function snake(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
