import { fromConnectError, Reason } from "@limiquantix/api";
import { expect, test } from "vitest";
import { openIdentity, reasonOf } from "./identity-fixture.ts";
import { users } from "./tables.ts";

const hour = 3600_000;

test("the first administrator is made once, logs in, is warned and not limited", async () => {
  const { identity, db, first, login, as } = await openIdentity();
  expect(first?.name).toBe("admin");
  expect(await identity.ensureFirstAdministrator()).toBeUndefined();
  expect(db.by(users, "name", "admin")).toHaveLength(1);
  expect(identity.firstLoginPending()).toBe(true);
  const { auth, system } = as(await login());
  expect(await auth.whoAmI({})).toMatchObject({ name: "admin", administrator: true, firstPassword: true });
  expect(await reasonOf(system.getSystemInfo({}))).toBe("ok");
  await auth.changePassword({ oldPassword: first?.password ?? "", newPassword: "correct horse" });
  expect(identity.firstLoginPending()).toBe(false);
});

test("everything but login needs a valid token", async () => {
  const { as, login } = await openIdentity();
  expect(await reasonOf(as("").system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(as("lqx_nonsense").system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
  const token = await login();
  expect(await reasonOf(as(token).system.getSystemInfo({}))).toBe("ok");
  await as(token).auth.logout({});
  expect(await reasonOf(as(token).system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
});

test("a session ends after twelve hours without a call, and after a week however busy", async () => {
  const { as, clock, login } = await openIdentity();
  const idle = as(await login());
  await clock.advance(11 * hour);
  expect(await reasonOf(idle.system.getSystemInfo({}))).toBe("ok");
  await clock.advance(11 * hour);
  expect(await reasonOf(idle.system.getSystemInfo({}))).toBe("ok");
  await clock.advance(12 * hour);
  expect(await reasonOf(idle.system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
  const busy = as(await login());
  let answered = 0;
  while (answered < 100 && (await reasonOf(busy.system.getSystemInfo({}))) === "ok") {
    answered++;
    await clock.advance(6 * hour);
  }
  expect(answered).toBe(7 * 4);
});

test("a new password is the policy's, is not an old one, and ends the other sessions", async () => {
  const { as, login, first } = await openIdentity();
  const [mine, other] = [await login(), await login()];
  const { auth, users: people } = as(mine);
  const change = (oldPassword: string, newPassword: string) =>
    reasonOf(auth.changePassword({ oldPassword, newPassword }));
  const policy = { ...(await people.getLoginPolicy({})), passwordMinLength: 10, passwordHistory: 2 };
  await people.updateLoginPolicy({ policy });
  const old = first?.password ?? "";
  expect(await change(old, old)).toBe("PASSWORD_TOO_WEAK");
  expect(await change(old, "too short")).toBe("PASSWORD_TOO_WEAK");
  expect(await change(old, "aaaaaaaaaaaa")).toBe("PASSWORD_TOO_WEAK");
  expect(await change("wrong", "correct horse")).toBe("LOGIN_FAILED");
  expect(await change(old, "correct horse")).toBe("ok");
  expect(await change("correct horse", "battery staple")).toBe("ok");
  expect(await change("battery staple", "correct horse")).toBe("PASSWORD_TOO_WEAK");
  expect(await reasonOf(auth.whoAmI({}))).toBe("ok");
  expect(await reasonOf(as(other).auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(as("").auth.login({ username: "admin", password: old }))).toBe("LOGIN_FAILED");
});

test("with --dev a loopback caller without a token is administrator, and nobody else, nor a page of another site", async () => {
  const { as } = await openIdentity({ dev: true });
  const peer = { address: "127.0.0.1", loopback: true };
  expect(await as("", { peer }).auth.whoAmI({})).toMatchObject({ name: "dev", administrator: true });
  expect(await as("", { peer }).auth.listLoginMethods({})).toMatchObject({ open: true, passkeys: true });
  expect(await reasonOf(as("").auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await as("").auth.listLoginMethods({})).toMatchObject({ open: false });
  const headers = { "sec-fetch-site": "cross-site" };
  expect(await reasonOf(as("", { peer, headers }).auth.whoAmI({}))).toBe("UNAUTHENTICATED");
});

test("requests that break a rule of the proto name the field", async () => {
  const { as } = await openIdentity();
  const failed = await as("")
    .auth.login({ username: "", password: "x" })
    .catch((error: unknown) => fromConnectError(error));
  expect(failed).toMatchObject({ reason: Reason.INVALID_REQUEST, fields: [{ field: "username" }] });
});
