import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader } from "./frame-reader.ts";
import { sealFrame, startFrame } from "./frame.ts";

const header = fc.record({
  program: fc.nat(0xffff_ffff),
  version: fc.nat(0xffff_ffff),
  procedure: fc.integer(),
  type: fc.nat(6),
  serial: fc.nat(0xffff_ffff),
  status: fc.nat(2),
});
const frame = fc.tuple(header, fc.uint8Array({ maxLength: 40 }));

test("messages come out whole, however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(30)), (frames, cuts) => {
      const bytes = Buffer.concat(
        frames.map(([head, payload]) => {
          const w = startFrame(head, 0);
          w.unpadded(payload);
          return sealFrame(w);
        }),
      );
      const reader = new FrameReader();
      const out = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        for (const got of reader.push(bytes.subarray(at, at + cut))) {
          out.push({ ...got, payload: Uint8Array.from(got.payload) });
        }
        at += cut;
      }
      expect(out).toEqual(frames.map(([head, payload]) => ({ ...head, payload })));
    }),
  );
});

test("a length that cannot be is refused", () => {
  for (const length of [0, 27, 33_554_437, 0x4854_5450]) {
    const bytes = Buffer.alloc(28);
    bytes.writeUInt32BE(length);
    expect(() => [...new FrameReader().push(bytes)]).toThrow(/does not speak libvirt's protocol/);
  }
});
