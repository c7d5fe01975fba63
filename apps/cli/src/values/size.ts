import { GIB, KIB, MIB } from "@limiquantix/kit";
import { UsageError } from "../usage-error.ts";

const units: Readonly<Record<string, number>> = { K: KIB, M: MIB, G: GIB, T: GIB * KIB };

/** Bytes of `2GiB`, `2G`, `2048MiB`, `1.5GiB`. Units are binary however they are spelled; one without a unit is refused. */
export function parseSize(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*([KMGT])(?:i?B)?$/i.exec(text.trim());
  if (!match) throw new UsageError(`${JSON.stringify(text)} is no size`, "Write it with a unit: 512MiB, 2GiB, 1TiB.");
  const [, figure = "", unit = ""] = match;
  return Number(figure) * (units[unit.toUpperCase()] ?? 1);
}

/** Whole MiB, as memory is counted. */
export function parseMib(text: string): bigint {
  return whole(text, MIB, "MiB");
}

/** Whole GiB, as disks are counted. */
export function parseGib(text: string): bigint {
  return whole(text, GIB, "GiB");
}

function whole(text: string, unitBytes: number, unit: string): bigint {
  const count = parseSize(text) / unitBytes;
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError(
      `${text} is not a whole number of ${unit}`,
      `Round it to ${Math.max(1, Math.ceil(count))}${unit}.`,
    );
  }
  return BigInt(count);
}

/** Bytes of `20G`, or of `+10G` more than now: whole GiB are added, as disks are counted. */
export function parseNewSize(text: string, nowBytes: bigint): bigint {
  const more = text.startsWith("+");
  const bytes = parseGib(more ? text.slice(1) : text) * BigInt(GIB);
  return more ? nowBytes + bytes : bytes;
}
