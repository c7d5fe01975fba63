import { expect, it } from "vitest";
import { patchGrub } from "./grub-bios.ts";

it("tells GRUB's two parts where they lie", () => {
  const { mbr, core } = patchGrub(new Uint8Array(512).fill(1), new Uint8Array(1300).fill(2), 2048);
  expect(mbr).toHaveLength(440);
  expect(mbr.readBigUInt64LE(0x5c)).toBe(2048n);
  expect(mbr.readUInt16LE(0x66)).toBe(0x9090);
  expect(core).toHaveLength(1536);
  expect(core.readBigUInt64LE(500)).toBe(2049n);
  expect(core.readUInt16LE(508)).toBe(2);
  expect(core.readUInt16LE(510)).toBe(0x820);
});
