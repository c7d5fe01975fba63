import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { launchBrowser, newContext, troubles, type Theme } from "./browser.ts";
import { fillIn, goTo, openDemo, pagePaths, startDashboard } from "./dashboard.ts";

let browser: Browser;
let server: Program;

beforeAll(async () => {
  server = await startDashboard();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

test("there are pages", () => expect(pagePaths().length).toBeGreaterThan(0));

// A second for each page, and ten where the machine is crowded.
test.each<Theme>(["light", "dark"])(
  "every page opens without an error and is accessible, %s",
  { timeout: 600_000 },
  async (theme) => {
    const context = await newContext(browser, { theme });
    const page = await context.newPage();
    const wrong = troubles(page);
    await openDemo(page, server.url);
    for (const path of pagePaths()) {
      const filled = await fillIn(page, path);
      if (filled === undefined) {
        wrong.push(`${path}: the demo has no object to show there`);
        continue;
      }
      await goTo(page, filled);
      // What fades in or is being connected is looked at again when it has arrived.
      const violations = (await serious(page)).length > 0 ? await settled(page) : [];
      for (const { id, impact, nodes } of violations) {
        wrong.push(`${path}: ${id} (${impact}): ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
      }
      expect(await page.title(), path).toMatch(/ · limiquantix$/);
    }
    await context.close();
    expect(wrong).toEqual([]);
  },
);

async function serious(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical");
}

async function settled(page: Page) {
  await page.waitForTimeout(2000);
  return serious(page);
}
