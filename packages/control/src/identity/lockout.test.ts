import { FakeClock, silentLog } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { Accounts } from "./accounts.ts";
import { openIdentity, plainHasher, reasonOf } from "./identity-fixture.ts";
import { LoginThrottle } from "./login-throttle.ts";
import { shownLoginPolicy } from "./login-policy.ts";
import { RightsIndex } from "../access/rights.ts";
import { users } from "./tables.ts";

const from = (address: string) => ({ peer: { address, loopback: false } });

test("an unknown user and a wrong password are told alike, and both wait behind five failures", async () => {
  const { as } = await openIdentity();
  const { auth } = as("");
  for (const username of ["admin", "nobody"]) {
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) outcomes.push(await reasonOf(auth.login({ username, password: "x" })));
    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => "LOGIN_FAILED"), "RATE_LIMITED"]);
  }
});

test("guesses sent all at once are as many as those sent one by one", async () => {
  const { as } = await openIdentity();
  const guesses = Array.from({ length: 50 }, (_, i) =>
    reasonOf(as("", from(`192.0.2.${i}`)).auth.login({ username: "admin", password: `guess ${i}` })),
  );
  const outcomes = await Promise.all(guesses);
  expect(outcomes.filter((outcome) => outcome === "LOGIN_FAILED")).toHaveLength(5);
  expect(outcomes.filter((outcome) => outcome === "RATE_LIMITED")).toHaveLength(45);
});

test("each further failure doubles the wait, up to the policy's longest; an hour forgets", async () => {
  const clock = new FakeClock();
  const throttle = new LoginThrottle(clock);
  const { db } = await openIdentity();
  const policy = shownLoginPolicy(db);
  const attempt = { name: "ada", address: "192.0.2.1", known: false };
  for (let i = 0; i < 5; i++) throttle.begin(attempt, policy);
  const waits: number[] = [];
  for (let i = 0; i < 11; i++) {
    const until = throttle.lockedUntil("ada", policy);
    waits.push((until - clock.now()) / 1000);
    expect(() => throttle.begin(attempt, policy)).toThrow("several logins in a row failed");
    await clock.advance(until - clock.now());
    throttle.begin(attempt, policy);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  await clock.advance(3600_000);
  expect(throttle.of("ada")).toBeUndefined();
});

test("nobody can lock a person out of where they work, and people see that an account waits", async () => {
  const { as, login, person, clock } = await openIdentity();
  const ada = await person("ada");
  const attacker = as("", from("192.0.2.66"));
  for (let i = 0; i < 40; i++) {
    await reasonOf(attacker.auth.login({ username: "ada", password: "guess" }));
    await clock.advance(10_000);
  }
  const stranger = as("", from("198.51.100.7"));
  expect(await reasonOf(stranger.auth.login({ username: "ada", password: ada.password }))).toBe("RATE_LIMITED");
  const admin = as(await login());
  expect((await admin.users.getUser({ id: "ada" })).lockedUntil).toBeDefined();
  expect(await login("ada", ada.password)).toMatch(/^lqx_/);
  expect((await admin.users.getUser({ id: "ada" })).lockedUntil).toBeUndefined();
});

test("a wait outlasts a restart, and a password reset ends it", async () => {
  const { as, login, person, db, clock } = await openIdentity();
  const ada = await person("ada");
  const attacker = as("", from("192.0.2.66"));
  for (let i = 0; i < 12; i++) {
    await reasonOf(attacker.auth.login({ username: "ada", password: "guess" }));
    await clock.advance(30_000);
  }
  const row = db.find(users, ada.id)!;
  expect(row.failedLogins).toBeGreaterThan(5);
  const restarted = new Accounts({ db, clock, log: silentLog, hasher: plainHasher, rights: new RightsIndex(db) });
  expect(restarted.shown(row).lockedUntil).toBeDefined();
  expect(() => restarted.attempts.begin("ada", "198.51.100.7", row)).toThrow("several logins in a row failed");
  const { password } = await as(await login()).users.resetPassword({ id: ada.id });
  expect(db.find(users, ada.id)).toMatchObject({ failedLogins: 0 });
  expect(await login("ada", password, as("", from("198.51.100.7")))).toMatch(/^lqx_/);
});
