import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, newContext } from "./browser.ts";
import { pagePaths } from "./dashboard.ts";
import { call, search, signIn, startReal, type Real } from "./real.ts";

/** What somebody sees who holds no role at all. */
let browser: Browser;
let real: Real;
let page: Page;

beforeAll(async () => {
  real = await startReal();
  browser = await launchBrowser();
  const admin = await (await newContext(browser)).newPage();
  await admin.goto(real.server.url);
  await signIn(admin, "admin", real.password);
  await search(admin).waitFor();
  const given = "guest's at first";
  const user = { name: "guest", password: given, idempotencyKey: "guest" };
  expect(await call(admin, "limiquantix.identity.v1.UserService/CreateUser", user)).toMatchObject({ status: 200 });
  page = await (await newContext(browser)).newPage();
  await page.goto(real.server.url);
  await signIn(page, "guest", given);
  await page.getByLabel("Password that you were given").fill(given);
  await page.getByLabel("New password", { exact: true }).fill("guest's own word");
  await page.getByLabel("New password again").fill("guest's own word");
  await page.getByRole("button", { name: "Change password" }).click();
  await search(page).waitFor();
});

afterAll(async () => {
  await browser.close();
  await real[Symbol.asyncDispose]();
});

const go = (path: string) => page.evaluate((to) => history.pushState({}, "", to), path);

/** Of pages that show something to everybody, or what is nobody else's business. */
const open = new Set(["/account"]);
const lists = pagePaths().filter((path) => !path.includes("$") && !open.has(path));

test.each(lists)("%s says calmly what is missing, on what, and whom to ask", async (path) => {
  const main = page.locator("main");
  // The page before says the same.
  await go("/account");
  await expect.poll(() => main.innerText(), { timeout: 20_000 }).not.toMatch(/lacks the privilege/);
  await go(path);
  const sentence = /guest lacks the privilege [a-z]+\.[a-z]+ on the root\.\s+Ask whoever may/i;
  await expect.poll(() => main.innerText(), { timeout: 20_000 }).toMatch(sentence);
  expect(await main.getByRole("alert").count()).toBe(0);
});

test("an object that one may not see is as one that there is not", async () => {
  for (const path of pagePaths().filter((each) => each.includes("$"))) {
    await go(path.replaceAll(/\$\w+/g, "00000000-0000-7000-8000-000000000000"));
    await page
      .locator("main")
      .getByText(/there is no such/i)
      .first()
      .waitFor({ timeout: 20_000 });
    expect(await page.locator("main").getByRole("alert").count(), path).toBe(0);
  }
});

test("what one may not do is grey, and says why to whoever comes to it by keyboard", async () => {
  await go("/clusters");
  const create = page.getByRole("button", { name: "Create cluster" }).first();
  await create.waitFor();
  await expect.poll(() => create.getAttribute("aria-disabled")).toBe("true");
  await expect.poll(() => describedBy(page, "Create cluster")).toMatch(/lacks the privilege cluster\.create/);
});

function describedBy(page: Page, name: string): Promise<string> {
  return page.evaluate((name) => {
    const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent.includes(name));
    return document.getElementById(button?.getAttribute("aria-describedby") ?? "")?.textContent ?? "";
  }, name);
}
