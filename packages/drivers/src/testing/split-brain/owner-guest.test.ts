import { describe, expect, it } from "vitest";
import { DISK_BYTES, guestViolations } from "./owner-guest.ts";

/** Two guests, the second from 4 on. */
function written(): Buffer {
  const disk = Buffer.alloc(DISK_BYTES);
  for (let number = 1; number <= 6; number++) put(disk, 64 + number, { number, ...(number < 4 ? first : second) });
  put(disk, 1, { number: 6, ...second });
  return disk;
}

const first = { tag: 1, start: 1 };
const second = { tag: 3, start: 4 };

function put(disk: Buffer, sector: number, { number, start, tag }: { number: number; start: number; tag: number }) {
  disk.writeUInt32LE(number, sector * 512);
  disk.writeUInt32LE(start, sector * 512 + 4);
  disk[sector * 512 + 8] = tag;
}

describe("what guests wrote", () => {
  it("is right where one began behind the other", () => {
    expect(guestViolations(written(), [first, second])).toEqual([]);
  });

  it("is wrong where the first wrote after the second had begun, at the same place or another", () => {
    for (const number of [4, 6, 7]) {
      const disk = written();
      put(disk, 64 + number, { number, ...first });
      expect(guestViolations(disk, [first, second]).join("\n")).toMatch(/owner 0 on 1 wrote .*owner 1 on 3's/);
    }
  });

  it("is wrong where the first wrote the journal again", () => {
    const disk = written();
    put(disk, 1, { number: 3, ...first });
    expect(guestViolations(disk, [first, second])).not.toEqual([]);
  });
});
