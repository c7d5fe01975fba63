import { TOTP } from "otpauth";
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestAuthority } from "../../packages/sso/test/authority.ts";
import { confidential, OidcServer } from "../../packages/sso/test/oidc-server.ts";
import { launchBrowser, newContext, troubles } from "./browser.ts";
import { call, search, signIn, signOut, startReal, type Real } from "./real.ts";

/** Every way to sign in that is more than a password, as a browser goes it. */
let browser: Browser;
let real: Real;
/** By name: no passkey can be of an address (WebAuthn Level 3, 5.1.3: the relying party is a domain). */
let url: string;
let corp: OidcServer;
let admin: Page;

beforeAll(async () => {
  real = await startReal();
  url = real.server.url.replace("127.0.0.1", "localhost");
  const authority = await TestAuthority.make("everybody's authority");
  corp = await OidcServer.start(authority, { redirectUris: [`${url}/auth/oidc/callback`], native: true });
  browser = await launchBrowser();
  admin = await (await newContext(browser)).newPage();
  await admin.goto(url);
  await signIn(admin, "admin", real.password);
  await search(admin).waitFor();
  const oidc = { issuer: corp.issuer, caPem: authority.caPem, ...confidential };
  await asAdmin("IdentityProviderService/CreateProvider", { provider: { name: "corp", displayName: "Corp", oidc } });
});

afterAll(async () => {
  await browser.close();
  await corp[Symbol.asyncDispose]();
  await real[Symbol.asyncDispose]();
});

async function asAdmin(method: string, body: object): Promise<void> {
  const answer = await call(admin, `limiquantix.identity.v1.${method}`, body);
  expect(answer, method).toMatchObject({ status: 200 });
}

async function newUser(name: string, password: string, given: boolean): Promise<void> {
  const user = { name, password: given ? password : `${password} at first`, idempotencyKey: name };
  await asAdmin("UserService/CreateUser", user);
  if (given) return;
  const page = await openPage();
  await signIn(page, name, user.password);
  await chooseOwn(page, user.password, password);
  await search(page).waitFor();
  await page.context().close();
}

async function openPage(path = "/"): Promise<Page> {
  const page = await (await newContext(browser, { anyCertificate: true })).newPage();
  await page.goto(`${url}${path}`);
  return page;
}

async function chooseOwn(page: Page, given: string, own: string): Promise<void> {
  await page.getByLabel("Password that you were given").fill(given);
  await page.getByLabel("New password", { exact: true }).fill(own);
  await page.getByLabel("New password again").fill(own);
  await page.getByRole("button", { name: "Change password" }).click();
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** A fingerprint reader that is touched as soon as it is asked; answers how to set whether the finger is known. */
async function addAuthenticator(page: Page): Promise<(verified: boolean) => Promise<unknown>> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return (isUserVerified) => session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
}

test("a passkey is made; it lets one in alone and after the password, a recovery code does once", async () => {
  await newUser("grace", "hopper's own", false);
  const page = await openPage();
  const wrong = troubles(page);
  const setVerified = await addAuthenticator(page);
  await signIn(page, "grace", "hopper's own");
  await search(page).waitFor();
  await page.goto(`${url}/account?tab=security`);
  await button(page, "Add a passkey").click();
  await page.getByLabel("Call it").fill("laptop");
  await button(page, "Next").click();
  const shown = page.getByRole("dialog", { name: "Recovery codes" }).getByRole("listitem");
  await shown.first().waitFor();
  const codes = await shown.allInnerTexts();
  expect(codes.length).toBeGreaterThan(4);
  await page.getByRole("dialog").getByRole("button").last().click();
  await page.getByText(`${codes.length} recovery codes are left.`).waitFor();

  await signOut(page);
  await button(page, "Sign in with a passkey").click();
  await search(page).waitFor();

  await signOut(page);
  await signIn(page, "grace", "hopper's own");
  await button(page, "Use a passkey").click();
  await search(page).waitFor();

  // A finger that is not known: the browser says so, and the page can still be used.
  await signOut(page);
  await setVerified(false);
  await signIn(page, "grace", "hopper's own");
  await button(page, "Use a passkey").click();
  await button(page, "Use a recovery code instead").click();
  await page.getByLabel("Recovery code").fill(codes[0] ?? "");
  await button(page, "Verify").click();
  await search(page).waitFor();

  await signOut(page);
  await signIn(page, "grace", "hopper's own");
  await button(page, "Use a recovery code instead").click();
  await page.getByLabel("Recovery code").fill(codes[0] ?? "");
  await button(page, "Verify").click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Recovery code").fill(codes[1] ?? "");
  await button(page, "Verify").click();
  await search(page).waitFor();

  await page.goto(`${url}/account?tab=security`);
  await page.getByText(`${codes.length - 2} recovery codes are left.`).waitFor();
  await button(page, "Remove").click();
  await page.getByLabel("Your password").fill("not it");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page
    .getByRole("dialog")
    .getByText(/password/i)
    .nth(1)
    .waitFor();
  await page.getByLabel("Your password").fill("hopper's own");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("None yet.").waitFor();
  expect(wrong.filter((line) => !/status of 40[013]/.test(line))).toEqual([]);
  await page.context().close();
});

test("one signs in at another provider and comes back to where one was; its refusal is said", async () => {
  const page = await openPage("/vms?q=web");
  const wrong = troubles(page);
  corp.person = "denied";
  await button(page, "Sign in with Corp").click();
  await page.getByText("The provider did not let you in").waitFor();
  expect(new URL(page.url()).search).toBe("?q=web");
  corp.person = { sub: "ada-1", preferred_username: "ada", name: "Ada Lovelace", email: "ada@example.org" };
  await button(page, "Sign in with Corp").click();
  await search(page).waitFor();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/vms?q=web");
  await page.goto(`${url}/account`);
  await page.getByText("Ada Lovelace").first().waitFor();
  // What came back was good once, and only for who began it.
  const foreign = await openPage("/vms?code=somebody&login_id=else");
  await foreign.getByLabel("User name").waitFor();
  await foreign.context().close();
  expect(wrong.filter((line) => !/status of 40[013]/.test(line))).toEqual([]);
  await page.context().close();
});

test("where a second factor is demanded, a new user chooses a password and makes a factor before anything else", async () => {
  for (const name of ["linus", "ken"]) await newUser(name, `given to ${name}`, true);
  await newUser("margaret", "margaret's own", false);
  const atWork = await openPage();
  await signIn(atWork, "margaret", "margaret's own");
  await search(atWork).waitFor();
  const policy = await call(admin, "limiquantix.identity.v1.UserService/GetLoginPolicy", {});
  await asAdmin("UserService/UpdateLoginPolicy", { policy: { ...(policy.body as object), requireSecondFactor: true } });
  // Whoever is at work is asked at once, and is not told that the session has ended.
  const ended = atWork.getByText("Your session has ended").waitFor({ timeout: 30_000 });
  const asked = button(atWork, "Use an authenticator app").waitFor({ timeout: 30_000 });
  expect(await Promise.race([ended.then(() => "ended"), asked.then(() => "asked")])).toBe("asked");
  await atWork.context().close();
  await ended.catch(() => {});
  const page = await openPage();
  await signIn(page, "linus", "given to linus");
  await chooseOwn(page, "given to linus", "chosen by linus");
  await button(page, "Use an authenticator app").click();
  const secret = await page.locator("code").innerText();
  const app = new TOTP({ secret });
  await page.getByLabel(/Code from/).fill("000000");
  await button(page, "Verify").click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel(/Code from/).fill(app.generate());
  await button(page, "Verify").click();
  await button(page, "I have kept them").click();
  await search(page).waitFor();

  await signOut(page);
  await signIn(page, "linus", "chosen by linus");
  // A code is good once; the next one is taken, since clocks differ.
  await page.getByLabel(/Code from/).fill(app.generate({ timestamp: Date.now() + 30_000 }));
  await page.getByLabel(/Code from/).press("Enter");
  await search(page).waitFor();
  await page.context().close();
});

test("where it is demanded, a passkey does as well", async () => {
  const page = await openPage();
  await addAuthenticator(page);
  await signIn(page, "ken", "given to ken");
  await chooseOwn(page, "given to ken", "chosen by ken");
  await button(page, "Make a passkey").click();
  await button(page, "I have kept them").click();
  await search(page).waitFor();
  await signOut(page);
  await button(page, "Sign in with a passkey").click();
  await search(page).waitFor();
  await page.context().close();
});
