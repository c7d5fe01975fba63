import type { Entry } from "./checker.ts";

/** What a disk can lose or keep as a whole. */
export const PLACE_BYTES = 512;
const AT_ONCE = 32;

export function bytesOf(entry: Entry): Uint8Array {
  const bytes = Buffer.alloc(PLACE_BYTES);
  bytes.write(JSON.stringify(entry));
  return bytes;
}

/** What is written from a place on, up to `beyond` empty places behind the last one. */
export async function readPlaces(
  from: number,
  beyond: number,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<Map<number, Entry>> {
  const found = new Map<number, Entry>();
  let last = from - 1;
  for (let place = from; place <= last + beyond; place += AT_ONCE) {
    const bytes = Buffer.from(await read(place * PLACE_BYTES, AT_ONCE * PLACE_BYTES));
    for (let i = 0; i < AT_ONCE; i++) {
      const one = bytes.subarray(i * PLACE_BYTES, (i + 1) * PLACE_BYTES);
      if (one[0] === 0) continue;
      last = place + i;
      found.set(last, JSON.parse(one.subarray(0, one.indexOf(0)).toString()) as Entry);
    }
  }
  return found;
}

/** The first that nothing is written at. */
export function firstEmpty(from: number, written: ReadonlyMap<number, Entry>): number {
  let place = from;
  while (written.has(place)) place++;
  return place;
}
