import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlPlane, type Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { ensureDashboard } from "../../tools/run/dashboard.ts";
import { launchBrowser, newContext, troubles } from "./browser.ts";

let browser: Browser;
let server: Program;
let data: string;
let password: string;

beforeAll(async () => {
  await ensureDashboard(() => {});
  data = await mkdtemp(join(tmpdir(), "lqx-session-"));
  server = await startControlPlane("--data", data, "--https-listen", "127.0.0.1:0");
  password = /password[: ]+(\S+)/i.exec(await readFile(join(data, "first-login"), "utf8"))?.[1] ?? "";
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
  await rm(data, { recursive: true });
});

async function signIn(page: Page, name: string, secret: string): Promise<void> {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** As the page itself would. */
function call(page: Page, method: string, body: object): Promise<number> {
  return page.evaluate(
    async ([method, body]) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(`/${method}`, { method: "POST", headers, body })).status;
    },
    [method, JSON.stringify(body)] as const,
  );
}

const search = (page: Page) => page.getByRole("button", { name: /search or do/i });

test.each(["http", "https"])("log in, load again, end elsewhere, log in where one was, log out: %s", async (scheme) => {
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
  expect(await call(page, "limiquantix.identity.v1.AuthService/Logout", {})).toBe(200);
  await page.getByRole("button", { name: "Sign in again" }).click();
  await signIn(page, "admin", password);
  await page.getByLabel("User name").waitFor({ state: "detached" });
  expect(await filter.inputValue()).toBe("what I was at");
  await page.getByText("Your session has ended").waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: /sign out/i }).click();
  await page.getByLabel("User name").waitFor();
  await page.reload();
  await page.getByLabel("User name").waitFor();
  // A refused login is on the browser's console as the answer that it is.
  expect(wrong.filter((line) => !/status of 40[13]/.test(line))).toEqual([]);
  await context.close();
});

test("a password that somebody else chose is changed first", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  await page.goto(server.url);
  await signIn(page, "admin", password);
  await search(page).waitFor();
  const user = { name: "ada", password: "given to ada", idempotencyKey: "ada" };
  expect(await call(page, "limiquantix.identity.v1.UserService/CreateUser", user)).toBe(200);
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
