import { UsageError } from "../usage-error.ts";

/** A whole number of at least 1: CPUs, rows. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^[0-9]+$/.test(text) || count < 1)
    throw new UsageError(`${JSON.stringify(text)} is not a whole number above 0`);
  return count;
}

/** The same, with 0. */
export function parseWhole(text: string): number {
  return text === "0" ? 0 : parseCount(text);
}

/** `80` or `80%`. */
export function parsePercent(text: string): number {
  return parseWhole(text.replace(/ ?%$/, ""));
}
