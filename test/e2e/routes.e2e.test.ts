import { AxeBuilder } from "@axe-core/playwright";
import type { Browser } from "playwright-core";
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

test.each<Theme>(["light", "dark"])("every page opens without an error and is accessible, %s", async (theme) => {
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
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const { id, impact, nodes } of violations) {
      if (impact !== "serious" && impact !== "critical") continue;
      wrong.push(`${path}: ${id} (${impact}): ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
    }
    expect(await page.title(), path).toMatch(/ · limiquantix$/);
  }
  await context.close();
  expect(wrong).toEqual([]);
});
