import { UsageError } from "../usage-error.ts";

type Given<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/**
 * The fields that flags set, and the mask that names them for the API. Throws a UsageError where none is set: an edit
 * without a change is a forgotten flag. Pure.
 */
export function changedFields<Fields extends object>(
  flags: Fields,
): { fields: Given<Fields>; updateMask: { paths: string[] } } {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw new UsageError("nothing to change", "Say what by a flag: see --help.");
  return {
    fields: Object.fromEntries(given) as Given<Fields>,
    updateMask: { paths: given.map(([key]) => snake(key)) },
  };
}

function snake(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
