import fc from "fast-check";
import { expect, test } from "vitest";
import { RfbClientFilter } from "./rfb-client-filter.ts";

const handshake = Uint8Array.from([...new TextEncoder().encode("RFB 003.008\n"), 1, 0]);
const shared = Uint8Array.from([...new TextEncoder().encode("RFB 003.008\n"), 1, 1]);

const kept: Record<string, number[]> = {
  setPixelFormat: [0, ...Array<number>(19).fill(7)],
  setEncodings: [2, 0, 0, 2, 0, 0, 0, 0, 255, 255, 255, 33],
  updateRequest: [3, 1, 0, 0, 0, 0, 4, 0, 3, 0],
  continuousUpdates: [150, 1, 0, 0, 0, 0, 4, 0, 3, 0],
  fence: [248, 0, 0, 0, 0, 0, 0, 1, 3, 9, 9, 9],
};
const dropped: Record<string, number[]> = {
  key: [4, 1, 0, 0, 0, 0, 0, 97],
  pointer: [5, 1, 0, 10, 0, 10],
  cutText: [6, 0, 0, 0, 0, 0, 0, 3, 4, 4, 4],
  extendedClipboard: [6, 0, 0, 0, 255, 255, 255, 251, 4, 4, 4, 4, 4],
  desktopSize: [251, 0, 4, 0, 3, 0, 1, 0, ...Array<number>(16).fill(4)],
  powerOff: [250, 0, 1, 2],
  extendedKey: [255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30],
  audioOn: [255, 1, 0, 0],
  audioFormat: [255, 1, 0, 2, 3, 2, 0, 0, 172, 68],
};

const joined = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
function through(filter: RfbClientFilter, bytes: Uint8Array, cuts: readonly number[] = []): Uint8Array {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  const ends = [...at, bytes.length];
  return joined(ends.map((end, i) => filter.push(bytes.slice(ends[i - 1] ?? 0, end))));
}

for (const [name, message] of Object.entries(kept)) {
  test(`view-only lets ${name} through`, () => {
    const filter = new RfbClientFilter({ viewOnly: true });
    expect(through(filter, Uint8Array.from([...handshake, ...message]))).toEqual(
      joined([shared, Uint8Array.from(message)]),
    );
  });
}

for (const [name, message] of Object.entries(dropped)) {
  test(`view-only drops ${name}`, () => {
    const filter = new RfbClientFilter({ viewOnly: true });
    const request = Uint8Array.from(kept["updateRequest"] ?? []);
    expect(through(filter, Uint8Array.from([...handshake, ...message, ...request]))).toEqual(joined([shared, request]));
  });
}

test("however a viewer's messages are mixed and cut, what goes on is the harmless ones, whole and in their order", () => {
  const messages = fc.array(fc.constantFrom(...Object.entries({ ...kept, ...dropped })));
  fc.assert(
    fc.property(messages, fc.array(fc.nat(2000)), (sent, cuts) => {
      const bytes = Uint8Array.from([...handshake, ...sent.flatMap(([, message]) => message)]);
      const wanted = sent.filter(([name]) => name in kept).flatMap(([, message]) => message);
      expect(through(new RfbClientFilter({ viewOnly: true }), bytes, cuts)).toEqual(
        Uint8Array.from([...shared, ...wanted]),
      );
    }),
  );
});

/** As a server reads what came through: nothing but whole messages of the harmless kinds. */
function readsOnlyHarmless(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 0;
  while (at < bytes.length) {
    const type = bytes[at] ?? 0;
    const lengths: Record<number, () => number> = {
      0: () => 20,
      2: () => 4 + 4 * view.getUint16(at + 2),
      3: () => 10,
      150: () => 10,
      248: () => 9 + view.getUint8(at + 8),
    };
    const length = lengths[type];
    if (!length) return false;
    at += length();
  }
  return at === bytes.length;
}

test("whatever bytes a viewer sends, the server reads nothing that changes anything", () => {
  const types = fc.constantFrom(0, 2, 3, 4, 5, 6, 150, 248, 250, 251, 255, 7, 99);
  const piece = fc.tuple(types, fc.uint8Array({ maxLength: 40 })).map(([type, rest]) => [type, ...rest]);
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(2000)), (pieces, cuts) => {
      const filter = new RfbClientFilter({ viewOnly: true });
      expect(through(filter, handshake)).toEqual(shared);
      const bytes = Uint8Array.from(pieces.flat());
      const passed: Uint8Array[] = [];
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
      try {
        for (const [i, end] of ends.entries()) passed.push(filter.push(bytes.slice(ends[i - 1] ?? 0, end)));
      } catch (error) {
        expect(String(error)).toMatch(/cannot be held to looking only/);
      }
      expect(readsOnlyHarmless(joined(passed))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a viewer that cannot be followed is refused, unless it may type", () => {
  for (const start of ["RFB 003.003\n\x01", "RFB 003.889\n\x1e", "RFB 003.008\n\x13"]) {
    const bytes = new TextEncoder().encode(start);
    expect(() => new RfbClientFilter({ viewOnly: true }).push(bytes)).toThrow(/cannot be held to looking only/);
    expect(through(new RfbClientFilter({ viewOnly: false }), bytes, [3, 12])).toEqual(bytes);
  }
});

test("who may type is a shared viewer too, behind a password as well", () => {
  const password = Array<number>(16).fill(5);
  const start = [...new TextEncoder().encode("RFB 003.008\n"), 2, ...password];
  const filter = new RfbClientFilter({ viewOnly: false });
  const typed = Object.values(dropped).flat();
  expect(through(filter, Uint8Array.from([...start, 0, ...typed]), [5, 20, 31])).toEqual(
    Uint8Array.from([...start, 1, ...typed]),
  );
});
