import { readFile } from "node:fs/promises";

/** An IPv4 route of this host. */
export interface Route {
  device: string;
  /** 10.0.0.0/8; 0.0.0.0/0 for the default route. */
  destination: string;
  metric: number;
}

/** Reads /proc/net/route (proc(5)); the numbers are in the host's byte order, little-endian on all we run on. */
export function parseRoutes(text: string): Route[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [device, destination, , flags, , , metric, mask] = line.trim().split(/\s+/);
      if (!device || !destination || !mask || !isUp(flags)) return [];
      const prefix = bytes(mask).reduce((bits, byte) => bits + byte.toString(2).replaceAll("0", "").length, 0);
      return [{ device, destination: `${bytes(destination).join(".")}/${prefix}`, metric: Number(metric) }];
    });
}

export async function readRoutes(root = "/"): Promise<Route[]> {
  return parseRoutes(await readFile(`${root}/proc/net/route`, "utf8"));
}

const ROUTE_UP = 1;

function isUp(flags: string | undefined): boolean {
  return (Number.parseInt(flags ?? "0", 16) & ROUTE_UP) !== 0;
}

function bytes(hex: string): number[] {
  const value = Number.parseInt(hex, 16);
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}
