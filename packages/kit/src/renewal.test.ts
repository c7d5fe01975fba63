import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { Renewal, renewalDue, type Life } from "./renewal.ts";

const day = 24 * 3600_000;
const lifeFrom = (clock: FakeClock): Life => ({ fromMs: clock.now(), untilMs: clock.now() + 90 * day });

test("it renews at two thirds of each life, also of one that is longer than a timer reaches", async () => {
  const clock = new FakeClock();
  const start = clock.now();
  const at: number[] = [];
  const renew = async () => {
    at.push((clock.now() - start) / day);
    return lifeFrom(clock);
  };
  using renewal = new Renewal({ clock, renew, failed: () => {}, random: () => 0 });
  renewal.follow(lifeFrom(clock));
  await clock.advance(125 * day);
  expect(at).toEqual([60, 120]);
});

test("a failure is told and tried again, ever more slowly, and the next life counts from its success", async () => {
  const clock = new FakeClock();
  const told: number[] = [];
  let broken = true;
  const renew = async () => {
    if (broken) throw new Error("no answer");
    return lifeFrom(clock);
  };
  using renewal = new Renewal({ clock, renew, failed: (_, failures) => told.push(failures), random: () => 0 });
  const life = lifeFrom(clock);
  renewal.follow(life);
  await clock.advance(renewalDue(life) - clock.now() + 3600_000);
  expect(told.length).toBeGreaterThan(5);
  expect(told).toEqual(told.map((_, i) => i + 1));
  broken = false;
  await clock.advance(3600_000);
  const before = told.length;
  await clock.advance(59 * day);
  expect(told.length).toBe(before);
});

test("it waits a little longer for some than for others, and not at all once it has ended", async () => {
  const clock = new FakeClock();
  let renewed = 0;
  const renew = async () => {
    renewed++;
    return lifeFrom(clock);
  };
  const renewal = new Renewal({ clock, renew, failed: () => {}, random: () => 0.99 });
  renewal.follow(lifeFrom(clock));
  await clock.advance(62 * day);
  expect(renewed).toBe(0);
  await clock.advance(day);
  expect(renewed).toBe(1);
  renewal[Symbol.dispose]();
  await clock.advance(90 * day);
  expect(renewed).toBe(1);
});
