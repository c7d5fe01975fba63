import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { launchBrowser, newContext, troubles } from "./browser.ts";
import { openDemo, startDashboard } from "./dashboard.ts";

/** The main ways through the product with nothing but a keyboard. */
let browser: Browser;
let server: Program;
let page: Page;
let wrong: string[];

beforeAll(async () => {
  server = await startDashboard();
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  wrong = troubles(page);
  page.setDefaultTimeout(15_000);
  await openDemo(page, server.url, "?vms=40");
});

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), done);
const done = Promise.resolve();
const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name }).waitFor();

/** What has the focus, as people call it. */
function focused(): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement | null;
    if (!element || element === document.body) return "nothing";
    return element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent ?? "";
  });
}

/** Tab, unless it has the focus, until it is reached. */
async function tabTo(name: RegExp, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 150; i++) {
    const now = (await focused()).trim();
    if (name.test(now)) return;
    passed.push(now.slice(0, 30));
    await page.keyboard.press(key);
  }
  throw new Error(`Tab does not reach ${name}: ${passed.join(" › ")}`);
}

test("the palette finds a VM, its menu opens its settings, and they are saved", async () => {
  await press("Control+k");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await page.keyboard.type("web-prod-01");
  // Its disk is found too, below it.
  await page
    .getByRole("option", { name: /web-prod-01/ })
    .first()
    .waitFor();
  await press("Enter");
  await heading("web-prod-01");
  expect(await focused()).not.toBe("nothing");
  await tabTo(/^More$/);
  await press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.type("Edit set");
  await press("Enter");
  await page.getByRole("dialog").waitFor();
  await expect.poll(focused).toMatch(/^Name/);
  await tabTo(/^Notes/);
  await page.keyboard.type("written by keyboard");
  await tabTo(/^Save$/);
  await press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByText("written by keyboard").first().waitFor();
  await expect.poll(focused).toBe("More");
});

test("a table is gone through, selected from and opened", async () => {
  await press("Escape", "g", "v");
  await heading("Virtual machines");
  await tabToGrid();
  await press("ArrowDown", "ArrowDown", "Space");
  await page.getByText("1 VM selected").waitFor();
  await press("Shift+ArrowDown");
  await page.getByText("2 VMs selected").waitFor();
  await press("End", "Home");
  // The list has scrolled back once its first row is there.
  const first = await page.locator("[role=row][aria-rowindex='2'] a[href*='/vms/']").innerText();
  await press("Enter");
  await heading(first);
  expect(await focused()).not.toBe("nothing");
});

/** It has the name of its page, and of the link to it. */
async function tabToGrid(): Promise<void> {
  const role = () => page.evaluate(() => document.activeElement?.getAttribute("role"));
  for (let i = 0; i < 150 && (await role()) !== "grid"; i++) await page.keyboard.press("Tab");
  expect(await role()).toBe("grid");
}

test("the wizard makes a VM", async () => {
  await press("Control+k");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await page.keyboard.type("create a vm");
  await press("Enter");
  await heading(/create|new/i);
  const next = async () => {
    await tabTo(/^Next$/);
    await press("Enter");
  };
  await page.getByRole("radio").first().waitFor();
  await tabTo(/debian|ubuntu|alma|empty/i);
  await press("Space");
  await next();
  await page.getByLabel("Name", { exact: true }).waitFor();
  if (!(await focused()).startsWith("Name")) await tabTo(/^Name/);
  await page.keyboard.type("typed-1");
  // Enter in a field goes on.
  await press("Enter");
  await page.getByLabel("vCPU", { exact: true }).waitFor();
  await next();
  await page.getByText("Interface 1").waitFor();
  await next();
  await page.getByLabel("Password", { exact: true }).waitFor();
  await next();
  await page.getByText("would be chosen").waitFor();
  await next();
  await page.getByText("Nothing stands in the way").waitFor();
  await tabTo(/^Create VM$/);
  await press("Enter");
  await heading("typed-1");
});

test("what is typed before the palette's code has come is not lost", async () => {
  const slow = await (await newContext(browser)).newPage();
  const asked = Promise.withResolvers<void>();
  const typed = Promise.withResolvers<void>();
  await slow.route(/\/palette-[^/]*\.js/, async (route) => {
    asked.resolve();
    await typed.promise;
    await route.continue();
  });
  await openDemo(slow, server.url, "?vms=10");
  await slow.keyboard.press("Control+k");
  await asked.promise;
  await slow.keyboard.type("go to networks");
  await slow.keyboard.press("Enter");
  typed.resolve();
  await slow.getByRole("heading", { level: 1, name: "Networks" }).waitFor();
  await slow.context().close();
});

test("a side panel takes the focus, closes with Escape, and gives it back to the table", async () => {
  await press("Escape", "g", "t");
  await heading("Tasks");
  await page.getByRole("grid").focus();
  await press("ArrowDown", "Enter");
  await page.locator("aside[aria-label=Details]").waitFor();
  expect(await page.evaluate(() => document.activeElement?.closest("aside")?.ariaLabel)).toBe("Details");
  await press("Escape");
  await page.locator("aside[aria-label=Details]").waitFor({ state: "detached" });
  expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("grid");
});

test("nothing went wrong on the way", () => expect(wrong).toEqual([]));

test.each(["reduce", "no-preference"] as const)(
  "what moves, and whether one asked for less of it: %s",
  async (reducedMotion) => {
    await page.emulateMedia({ reducedMotion });
    await press("Escape", "g", "v");
    await heading("Virtual machines");
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll("button, a, [class*=animate], [class*=transition]")].filter((element) => {
          const { animationName, animationDuration, transitionDuration } = getComputedStyle(element);
          const longest = Math.max(...transitionDuration.split(", ").map(Number.parseFloat));
          return longest > 0.01 || (animationName !== "none" && Number.parseFloat(animationDuration) > 0.01);
        }).length,
    );
    if (reducedMotion === "reduce") expect(moving).toBe(0);
    else expect(moving).toBeGreaterThan(0);
  },
);
