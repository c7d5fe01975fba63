import { utf8ToBytes } from "@noble/hashes/utils.js";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { expect, test } from "vitest";
import { openIdentity, reasonOf } from "./identity-fixture.ts";
import {
  cborArray,
  cborBytes,
  cborMap,
  cborText,
  SoftwareAuthenticator,
  type Forgery,
} from "./software-authenticator.ts";

const site = { origin: "https://lqx.example:8443", rpId: "lqx.example" };
const browser = { headers: { host: "lqx.example:8443", origin: site.origin } };

/** Ada has a passkey; `as` comes from her browser. */
async function withPasskey() {
  const fixture = await openIdentity();
  const ada = await fixture.person("ada");
  const token = await fixture.login("ada", ada.password);
  const mine = fixture.as(token, browser);
  const key = await SoftwareAuthenticator.open(site);
  const { factorId, optionsJson } = await mine.auth.startPasskey({ name: "laptop" });
  const responseJson = await key.register(optionsJson);
  const confirmed = await mine.auth.confirmPasskey({ factorId, responseJson });
  const nobody = fixture.as("", browser);
  const finish = (loginId: string, value: string) =>
    reasonOf(nobody.auth.finishLogin({ loginId, proof: { case: "passkeyJson", value } }));
  /** A login by the passkey alone. */
  const alone = async (forged: Forgery = {}, with_ = key) => {
    const { loginId, optionsJson: options } = await nobody.auth.startPasskeyLogin({});
    return finish(loginId, await with_.sign(options, forged));
  };
  const ask = async () => (await nobody.auth.login({ username: "ada", password: ada.password })).secondFactor!;
  return { ...fixture, ada, mine, nobody, key, confirmed, factorId, finish, alone, ask };
}

test("a passkey is the second factor behind a password", async () => {
  const { confirmed, ask, key, finish, mine } = await withPasskey();
  expect(confirmed.recoveryCodes).toHaveLength(10);
  const question = await ask();
  expect(question).toMatchObject({ totp: false, recoveryCode: true });
  expect(JSON.parse(question.passkeyOptionsJson)).toMatchObject({
    rpId: site.rpId,
    allowCredentials: [{ id: key.id }],
  });
  expect(await finish(question.loginId, await key.sign(question.passkeyOptionsJson))).toBe("ok");
  expect((await mine.auth.listFactors({})).factors[0]?.lastUsedAt).toBeDefined();
});

test("a passkey alone is a login, where it verified its person", async () => {
  const { alone } = await withPasskey();
  expect(await alone()).toBe("ok");
  expect(await alone({ flags: 0x01 })).toBe("LOGIN_FAILED");
});

test("what another site, an earlier question or a clone signed is refused", async () => {
  const { alone, key, nobody, finish } = await withPasskey();
  expect(await alone({ origin: "https://lqx.example.evil" })).toBe("LOGIN_FAILED");
  expect(await alone({ origin: "http://lqx.example:8443" })).toBe("LOGIN_FAILED");
  expect(await alone({ rpId: "evil.example" })).toBe("LOGIN_FAILED");
  expect(await alone({ challenge: base64Encode(new Uint8Array(32), "url") })).toBe("LOGIN_FAILED");
  expect(await alone({ flags: 0 })).toBe("LOGIN_FAILED");
  expect(await alone({ counter: 7 })).toBe("ok");
  expect(await alone({ counter: 7 })).toBe("LOGIN_FAILED");
  expect(await alone({ counter: 3 })).toBe("LOGIN_FAILED");
  const { loginId, optionsJson } = await nobody.auth.startPasskeyLogin({});
  const answer = await key.sign(optionsJson, { counter: 8 });
  expect(await finish(loginId, answer)).toBe("ok");
  expect(await finish(loginId, answer)).toBe("LOGIN_EXPIRED");
  const other = await nobody.auth.startPasskeyLogin({});
  expect(await finish(other.loginId, answer)).toBe("LOGIN_FAILED");
});

test("a passkey is its owner's: not for another's login, not under another's name, not with another key", async () => {
  const { person, as, login, key, finish, alone, ask, ada } = await withPasskey();
  const bob = await person("bob");
  const bobs = as(await login("bob", bob.password), browser);
  const begun = await bobs.auth.startPasskey({});
  const stolen = await key.register(begun.optionsJson);
  expect(await reasonOf(bobs.auth.confirmPasskey({ factorId: begun.factorId, responseJson: stolen }))).toBe(
    "INVALID_REQUEST",
  );
  const own = await SoftwareAuthenticator.open(site);
  const again = await bobs.auth.startPasskey({});
  await bobs.auth.confirmPasskey({ factorId: again.factorId, responseJson: await own.register(again.optionsJson) });
  expect(await alone({ userHandle: base64Encode(utf8ToBytes(ada.id), "url") }, own)).toBe("LOGIN_FAILED");
  const question = await ask();
  expect(await finish(question.loginId, await own.sign(question.passkeyOptionsJson))).toBe("LOGIN_FAILED");
  const impostor = await SoftwareAuthenticator.open(site);
  Object.assign(impostor, { id: key.id, userHandle: base64Encode(utf8ToBytes(ada.id), "url") });
  expect(await alone({ counter: 50 }, impostor)).toBe("LOGIN_FAILED");
});

test("a registration is for this site and this question, and its certificates are not followed", async () => {
  const { mine } = await withPasskey();
  const refused = async (forged: Forgery) => {
    const key = await SoftwareAuthenticator.open(site);
    const { factorId, optionsJson } = await mine.auth.startPasskey({});
    return reasonOf(mine.auth.confirmPasskey({ factorId, responseJson: await key.register(optionsJson, forged) }));
  };
  expect(await refused({ origin: "https://evil.example" })).toBe("INVALID_REQUEST");
  expect(await refused({ rpId: "evil.example" })).toBe("INVALID_REQUEST");
  expect(await refused({ challenge: "b3RoZXI" })).toBe("INVALID_REQUEST");
  const statement = cborMap([[cborText("x5c"), cborArray([cborBytes(new Uint8Array(8))])]]);
  const withCertificate = cborMap([
    [cborText("fmt"), cborText("packed")],
    [cborText("attStmt"), statement],
    [cborText("authData"), cborBytes(new Uint8Array(37))],
  ]);
  expect(await refused({ attestation: withCertificate })).toBe("INVALID_REQUEST");
  expect(await refused({})).toBe("ok");
});

test("answers that are none are refused as wrong ones are", async () => {
  const { nobody, finish, key, mine } = await withPasskey();
  const { loginId } = await nobody.auth.startPasskeyLogin({});
  const nonsense = ["", "null", "{}", '{"id":1}', `{"id":"${key.id}","response":{}}`];
  for (const value of nonsense) expect(await finish(loginId, value), value).toBe("LOGIN_FAILED");
  const { factorId } = await mine.auth.startPasskey({});
  for (const responseJson of nonsense) {
    expect(await reasonOf(mine.auth.confirmPasskey({ factorId, responseJson }))).toBe("INVALID_REQUEST");
  }
});

test("a disabled user's passkey opens nothing", async () => {
  const { as, login, ada, alone } = await withPasskey();
  const admin = as(await login());
  await admin.users.updateUser({ id: ada.id, user: { disabled: true }, updateMask: { paths: ["disabled"] } });
  expect(await alone()).toBe("LOGIN_FAILED");
  await admin.users.updateUser({ id: ada.id, user: {}, updateMask: { paths: ["disabled"] } });
  expect(await alone()).toBe("ok");
});
