import { Factor_Kind } from "@limiquantix/api";
import { Secret, TOTP } from "otpauth";
import { expect, test } from "vitest";
import { openIdentity, reasonOf } from "./identity-fixture.ts";
import { factors, pendingLogins } from "./tables.ts";

const step = 30_000;

/** A person with an authenticator app, at a time that is the middle of a step. */
async function withApp() {
  const fixture = await openIdentity();
  const { clock, person, as } = fixture;
  const ada = await person("ada");
  const { factorId, secret, uri } = await ada.as.auth.startTotp({ name: "phone" });
  const app = new TOTP({ secret: Secret.fromBase32(secret) });
  const code = (steps = 0) => app.generate({ timestamp: clock.now() + steps * step });
  const confirmed = await ada.as.auth.confirmTotp({ factorId, code: code() });
  await clock.advance(step);
  const ask = async () => {
    const { token, secondFactor } = await as("").auth.login({ username: "ada", password: ada.password });
    expect(token).toBe("");
    return secondFactor!;
  };
  const finish = async (loginId: string, totpCode: string) =>
    reasonOf(as("").auth.finishLogin({ loginId, proof: { case: "totpCode", value: totpCode } }));
  const recover = async (loginId: string, value: string) =>
    reasonOf(as("").auth.finishLogin({ loginId, proof: { case: "recoveryCode", value } }));
  return { ...fixture, ada, factorId, uri, code, confirmed, ask, finish, recover };
}

test("an authenticator app is set up, asked for, and its code good once", async () => {
  const { ada, uri, confirmed, code, ask, finish, clock } = await withApp();
  expect(uri).toMatch(/^otpauth:\/\/totp\/limiquantix:ada\?/);
  expect(confirmed.factor).toMatchObject({ kind: Factor_Kind.TOTP, name: "phone" });
  expect(confirmed.recoveryCodes).toHaveLength(10);
  expect(await ada.as.auth.whoAmI({})).toMatchObject({ secondFactor: true });
  const asked = await ask();
  expect(asked).toMatchObject({ totp: true, recoveryCode: true, passkeyOptionsJson: "" });
  expect(await finish(asked.loginId, "000000")).toBe("LOGIN_FAILED");
  expect(await finish(asked.loginId, code())).toBe("ok");
  expect(await finish(asked.loginId, code())).toBe("LOGIN_EXPIRED");
  const { loginId } = await ask();
  expect(await finish(loginId, code())).toBe("LOGIN_FAILED");
  expect(await finish(loginId, code(-1))).toBe("LOGIN_FAILED");
  await clock.advance(step);
  expect(await finish(loginId, code())).toBe("ok");
});

test("of two logins with the same code at once one gets in", async () => {
  const { code, ask, finish } = await withApp();
  const [one, two] = [await ask(), await ask()];
  const outcomes = await Promise.all([finish(one.loginId, code()), finish(two.loginId, code())]);
  expect(outcomes.toSorted()).toEqual(["LOGIN_FAILED", "ok"]);
});

test("a clock that is a step off is forgiven, one that is two off is not", async () => {
  const { code, ask, finish } = await withApp();
  const { loginId } = await ask();
  expect(await finish(loginId, code(2))).toBe("LOGIN_FAILED");
  expect(await finish(loginId, code(-2))).toBe("LOGIN_FAILED");
  expect(await finish(loginId, code(1))).toBe("ok");
});

test("a login waits five minutes and allows five tries; its id cannot be guessed", async () => {
  const { code, ask, finish, clock, db, identity } = await withApp();
  expect(await finish("guessed", code())).toBe("LOGIN_EXPIRED");
  const late = await ask();
  expect([...db.all(pendingLogins)].map(({ id }) => id)).not.toContain(late.loginId);
  await clock.advance(300_000);
  expect(await finish(late.loginId, code())).toBe("LOGIN_EXPIRED");
  const { loginId } = await ask();
  await Promise.all(Array.from({ length: 5 }, () => finish(loginId, "000000")));
  expect(await finish(loginId, code())).toBe("LOGIN_EXPIRED");
  await clock.advance(300_000);
  await identity.sweep();
  expect(db.count(pendingLogins)).toBe(0);
});

test("who knows the password does not get more guesses of codes by beginning anew", async () => {
  const { as, ada, db } = await withApp();
  const stranger = as("", { peer: { address: "192.0.2.1", loopback: false } });
  const outcomes: string[] = [];
  for (let i = 0; i < 8; i++) {
    const begun = await stranger.auth.login({ username: "ada", password: ada.password }).catch(() => undefined);
    const loginId = begun?.secondFactor?.loginId ?? "none";
    outcomes.push(await reasonOf(stranger.auth.finishLogin({ loginId, proof: { case: "totpCode", value: "000000" } })));
  }
  expect(outcomes.filter((outcome) => outcome === "LOGIN_FAILED")).toHaveLength(5);
  expect(db.count(pendingLogins)).toBe(5);
});

test("a recovery code is good once, as people type it", async () => {
  const { confirmed, ada, ask, recover } = await withApp();
  const [first = "", second = ""] = confirmed.recoveryCodes;
  expect(await recover((await ask()).loginId, first)).toBe("ok");
  expect(await recover((await ask()).loginId, first)).toBe("LOGIN_FAILED");
  expect(await recover((await ask()).loginId, ` ${second.toUpperCase().replaceAll("-", "")}`)).toBe("ok");
  expect(await ada.as.auth.listFactors({})).toMatchObject({ recoveryCodesLeft: 8, factors: [{ name: "phone" }] });
});

test("removing a factor asks for the password, and the codes go with the last", async () => {
  const { ada, factorId, login } = await withApp();
  expect(await reasonOf(ada.as.auth.removeFactor({ id: factorId, password: "wrong" }))).toBe("LOGIN_FAILED");
  await ada.as.auth.removeFactor({ id: factorId, password: ada.password });
  expect(await ada.as.auth.listFactors({})).toMatchObject({ recoveryCodesLeft: 0, factors: [] });
  expect(await login("ada", ada.password)).toMatch(/^lqx_/);
});

test("another's factor is not there; what nobody confirmed does not count and is given up", async () => {
  const { as, login, factorId, person, clock, db, identity, first } = await withApp();
  const admin = as(await login());
  const password = first?.password ?? "";
  expect(await reasonOf(admin.auth.removeFactor({ id: factorId, password }))).toBe("NOT_FOUND");
  const bob = await person("bob");
  const begun = await bob.as.auth.startTotp({});
  expect(await reasonOf(admin.auth.confirmTotp({ factorId: begun.factorId, code: "123456" }))).toBe("NOT_FOUND");
  expect(await reasonOf(bob.as.auth.confirmTotp({ factorId: begun.factorId, code: "000000" }))).toBe("INVALID_REQUEST");
  expect(await login("bob", bob.password)).toMatch(/^lqx_/);
  await clock.advance(3600_000);
  await identity.sweep();
  expect(db.find(factors, begun.factorId)).toBeUndefined();
});

test("the secret is sealed, and an API token sets up no factor and changes no password", async () => {
  const { as, db, factorId, ada } = await withApp();
  expect(db.find(factors, factorId)?.sealedSecret.length).toBeGreaterThan(20);
  const { secret } = await ada.as.auth.createToken({ name: "ci" });
  const { auth } = as(secret);
  expect(await reasonOf(auth.startTotp({}))).toBe("PERMISSION_DENIED");
  expect(await reasonOf(auth.startPasskey({}))).toBe("PERMISSION_DENIED");
  expect(await reasonOf(auth.changePassword({ oldPassword: ada.password, newPassword: "something else" }))).toBe(
    "PERMISSION_DENIED",
  );
});

test("a policy that asks for a second factor lets who has none do nothing but set one up", async () => {
  const { as, login, person, clock } = await openIdentity();
  const admin = as(await login());
  const bob = await person("bob");
  const { secret: robot } = await bob.as.auth.createToken({ name: "ci" });
  const policy = await admin.users.getLoginPolicy({});
  await admin.users.updateLoginPolicy({ policy: { ...policy, requireSecondFactor: true } });
  expect(await reasonOf(bob.as.system.getSystemInfo({}))).toBe("SECOND_FACTOR_NEEDED");
  expect(await reasonOf(bob.as.auth.createToken({ name: "way out" }))).toBe("SECOND_FACTOR_NEEDED");
  expect(await reasonOf(as(robot).system.getSystemInfo({}))).toBe("ok");
  const { factorId, secret } = await bob.as.auth.startTotp({});
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.now() });
  await bob.as.auth.confirmTotp({ factorId, code });
  expect(await reasonOf(bob.as.system.getSystemInfo({}))).toBe("ok");
});
