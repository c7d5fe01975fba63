import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { expect, test } from "vitest";
import { normalFingerprint, readableFingerprint } from "./first-contact.ts";
import { makeIdentity, saveIdentity } from "./identity.ts";
import { listenForReturn } from "./loopback.ts";
import { isTotpCode } from "./second-factor.ts";

test("fingerprints are compared however they are written", () => {
  expect(normalFingerprint("SHA256:AB:CD:ef")).toBe("abcdef");
  expect(normalFingerprint("abcd ef01")).toBe("abcdef01");
  expect(readableFingerprint("abcdef0123456789")).toBe("abcd ef01 2345 6789");
});

test("a code of an app is digits; a recovery code is not", () => {
  expect(["123456", "12345678", "1234", "abcd-efgh"].map(isTotpCode)).toEqual([true, true, false, false]);
});

test("the key of a session is made here, signs its request, and is kept for its owner alone", async () => {
  const home = await mkdtemp(join(tmpdir(), "lqx-identity-"));
  try {
    const { keyPem, csrPem } = await makeIdentity();
    expect(await new Pkcs10CertificateRequest(csrPem).verify()).toBe(true);
    const path = await saveIdentity(home, "a/b", keyPem, "CERT");
    expect(path).toBe(join(home, "sessions", "a%2Fb.pem"));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).toContain("CERT\n-----BEGIN PRIVATE KEY-----");
    expect(() => new X509Certificate(keyPem)).toThrow();
  } finally {
    await rm(home, { recursive: true });
  }
});

test("a browser comes back with a code; anybody who does not know the path gets nothing", async () => {
  await using loopback = await listenForReturn();
  const { origin } = new URL(loopback.returnTo);
  expect((await fetch(`${origin}/?code=evil&login_id=x`)).status).toBe(404);
  const answer = loopback.answer(AbortSignal.timeout(5000));
  const page = await fetch(`${loopback.returnTo}?code=c1&login_id=l1`);
  expect([page.status, page.headers.get("content-security-policy")]).toEqual([
    200,
    expect.stringContaining("default-src 'none'"),
  ]);
  expect(await page.text()).toContain("You may close this window");
  expect(await answer).toEqual({ code: "c1", loginId: "l1" });
});

test("a login that was refused there is told", async () => {
  await using loopback = await listenForReturn();
  const answer = loopback.answer(AbortSignal.timeout(5000));
  const refused = expect(answer).rejects.toThrow("the login was refused: access_denied");
  await fetch(`${loopback.returnTo}?error=access_denied`);
  await refused;
});
