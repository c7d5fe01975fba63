import { isProblem, Reason } from "@limiquantix/api";
import { drain, FakeClock } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { parseThinPoolPercent } from "./lvm-report.ts";
import { whileRoom } from "./room-guard.ts";

/** Work that goes on until it is called off. */
const endless = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

const signal = new AbortController().signal;

test("a copy is called off before the pool is full", async () => {
  const clock = new FakeClock();
  let used = 40;
  const copying = whileRoom({ pool: "p", clock, signal, usedPercent: async () => used }, endless);
  const ended = copying.then(String, (error: unknown) => error);
  await drain();
  used = 96.9;
  await clock.advance(2000);
  await drain();
  used = 97;
  await clock.advance(2000);
  expect(isProblem(await ended, Reason.POOL_FULL)).toBe(true);
});

test("none begins in a pool that has only what is kept for guests", async () => {
  const begun: string[] = [];
  const room = { pool: "p", clock: new FakeClock(), signal, usedPercent: async () => 99 };
  const work = whileRoom(room, async () => begun.push("begun"));
  expect(isProblem(await work.catch((error: unknown) => error), Reason.POOL_FULL)).toBe(true);
  expect(begun).toEqual([]);
});

test("a pool that does not answer for a while stops nothing", async () => {
  const clock = new FakeClock();
  const percents = [10];
  const usedPercent = async () => percents.shift() ?? Promise.reject(new Error("busy"));
  let end: ((said: string) => void) | undefined;
  const copying = whileRoom(
    { pool: "p", clock, signal, usedPercent },
    () => new Promise<string>((done) => (end = done)),
  );
  await drain();
  await clock.advance(6000);
  end?.("copied");
  expect(await copying).toBe("copied");
});

test("device-mapper's words of a thin pool", () => {
  expect(
    parseThinPoolPercent("0 1310720 thin-pool 1 123/1024 2560/10240 - rw discard_passdown error_if_no_space - 1024"),
  ).toBe(25);
  expect(
    parseThinPoolPercent("0 1310720 thin-pool 1 1000/1024 0/10240 - rw no_discard_passdown queue_if_no_space - 1024"),
  ).toBeCloseTo(97.7, 1);
  for (const broken of ["0 1310720 thin-pool Fail", "0 1310720 thin-pool Error"])
    expect(() => parseThinPoolPercent(broken)).toThrow(broken);
});
