/**
 * Puts values into a filter's placeholders, escaped so that each stays one value whatever is in it (RFC 4515,
 * section 3): `*)(uid=*` looks for a user of that very name.
 */
export function fillFilter(filter: string, values: Readonly<Record<string, string>>): string {
  return filter.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : escapeFilterValue(value);
  });
}

export function escapeFilterValue(value: string): string {
  return value.replace(/[\\*()\0]/g, (char) => `\\${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** Any of several filters. */
export function anyOf(filters: readonly string[]): string {
  return filters.length === 1 ? (filters[0] ?? "") : `(|${filters.join("")})`;
}
