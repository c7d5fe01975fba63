import { Metric_Unit as Unit } from "@limiquantix/api";
import { bytes, percent } from "../ui/units.ts";

const decimal = ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"];

/** As people read it: 12 %, 1.5 GiB, 3.2 MB/s, 120/s. */
export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case Unit.PERCENT:
      return value === 0 ? "0 %" : percent(value);
    case Unit.BYTES:
      return bytes(value);
    case Unit.BYTES_PER_SECOND:
      return scaled(value);
    case Unit.PER_SECOND:
      return `${plain(value)}/s`;
    default:
      return plain(value);
  }
}

/** At an axis, where values are round. */
export function formatTick(value: number, unit: Unit): string {
  return unit === Unit.PERCENT ? `${plain(value)} %` : formatValue(value, unit);
}

function scaled(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < decimal.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${plain(rest)} ${decimal[unit]}`;
}

function plain(value: number): string {
  if (value === 0) return "0";
  if (value < 10) return String(Number(value.toFixed(value < 1 ? 2 : 1)));
  return value < 1000 ? String(Math.round(value)) : Math.round(value).toLocaleString("en");
}

/** The top of an axis: a round number that leaves a little air. */
export function ceiling(highest: number, unit: Unit): number {
  const wanted = highest * 1.08;
  if (unit === Unit.PERCENT) {
    if (highest > 100) return Math.ceil(wanted / 100) * 100;
    return [1, 2, 5, 10, 25, 50].find((top) => top >= wanted) ?? 100;
  }
  if (!(wanted > 0)) return 1;
  if (unit === Unit.BYTES) return roundUp(wanted, 2 ** Math.floor(Math.log2(wanted)), [1, 1.5, 2]);
  return roundUp(wanted, 10 ** Math.floor(Math.log10(wanted)), [1, 1.5, 2, 3, 4, 5, 6, 8, 10]);
}

function roundUp(wanted: number, base: number, steps: readonly number[]): number {
  return base * (steps.find((step) => base * step >= wanted) ?? 1);
}
