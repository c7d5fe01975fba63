import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, newContext, troubles } from "./browser.ts";
import { call, search, signIn, signOut, startReal, type Real } from "./real.ts";

let browser: Browser;
let real: Real;

beforeAll(async () => {
  real = await startReal("--https-listen", "127.0.0.1:0");
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await real[Symbol.asyncDispose]();
});

test.each(["http", "https"])("log in, load again, end elsewhere, log in where one was, log out: %s", async (scheme) => {
  const { server, password } = real;
  const url = scheme === "https" ? server.httpsUrl : server.url;
  const context: BrowserContext = await newContext(browser, { anyCertificate: true });
  const page = await context.newPage();
  const wrong = troubles(page);
  await page.goto(`${url}/vms?q=web`);
  await signIn(page, "admin", "not the password");
  await page.getByRole("alert").waitFor();
  await signIn(page, "admin", password);
  await search(page).waitFor();
  expect(new URL(page.url()).search).toBe("?q=web");
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", secure: scheme === "https" });

  await page.reload();
  await search(page).waitFor();

  const filter = page.getByRole("searchbox").first();
  await filter.fill("what I was at");
  expect(await call(page, "limiquantix.identity.v1.AuthService/Logout", {})).toMatchObject({ status: 200 });
  await page.getByRole("button", { name: "Sign in again" }).click();
  await signIn(page, "admin", password);
  await page.getByLabel("User name").waitFor({ state: "detached" });
  expect(await filter.inputValue()).toBe("what I was at");
  await page.getByText("Your session has ended").waitFor({ state: "detached" });

  await signOut(page);
  await page.reload();
  await page.getByLabel("User name").waitFor();
  // A refused login is on the browser's console as the answer that it is.
  expect(wrong.filter((line) => !/status of 40[13]/.test(line))).toEqual([]);
  await context.close();
});

test("a password that somebody else chose is changed first", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  const { server, password } = real;
  await page.goto(server.url);
  await signIn(page, "admin", password);
  await search(page).waitFor();
  const user = { name: "ada", password: "given to ada", idempotencyKey: "ada" };
  expect(await call(page, "limiquantix.identity.v1.UserService/CreateUser", user)).toMatchObject({ status: 200 });
  await context.clearCookies();
  await page.goto(server.url);
  await signIn(page, "ada", "given to ada");
  await page.getByLabel("Password that you were given").fill("given to ada");
  await page.getByLabel("New password", { exact: true }).fill("chosen by ada");
  await page.getByLabel("New password again").fill("chosen by ada");
  await page.getByRole("button", { name: "Change password" }).click();
  await search(page).waitFor();
  await context.close();
});
