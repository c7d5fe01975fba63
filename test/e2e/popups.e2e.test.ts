import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, ElementHandle, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { launchBrowser, newContext, troubles } from "./browser.ts";
import { fillIn, goTo, openDemo, pagePaths, startDashboard } from "./dashboard.ts";

/**
 * Presses every button of every page and tab with the Enter key, every item of the menus that open, and opens a row of
 * every table. What opens gets the focus, is accessible in both themes, closes with Escape, and gives the focus back.
 */
let browser: Browser;
let server: Program;
let page: Page;
/** Of the test that runs. */
let wrong: string[];
/** Scripts on their way, and when the last one came: a dialog may be among them, and React draws it a while later. */
let coming = 0;
let cameAt = 0;
const opened = new Set<string>();

/** Pages in which whole screens are the buttons' work; they are in tests of their own. */
const elsewhere = ["/vms/$id/console", "/vms/$id/serial", "/vms/new"];
const paths = pagePaths().filter((path) => !elsewhere.includes(path));
/** Fewer than these, and the walk has lost its way. */
const fewestPopups = 50;
/** What is shown once is not closed by a slip of the finger. */
const onPurpose: ReadonlySet<string> = new Set(["/nodes: Join a host"]);
/** A button that has opened nothing by then does something else. */
const opensMs = 250;
/** The same, from the moment on when its script came. */
const drawnMs = 1000;

const popup = "[role=dialog], [role=menu], [role=listbox], aside[aria-label=Details]";

beforeAll(async () => {
  server = await startDashboard();
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  const script = (request: { resourceType: () => string }) => (request.resourceType() === "script" ? 1 : 0);
  page.on("request", (request) => (coming += script(request)));
  for (const end of ["requestfinished", "requestfailed"] as const) {
    page.on(end as "requestfinished", (request) => {
      coming -= script(request);
      if (script(request)) cameAt = performance.now();
    });
  }
  page.setDefaultTimeout(10_000);
  wrong = troubles(page);
  await openDemo(page, server.url, "?vms=40");
  // It stays in the page, and is called there.
  await new AxeBuilder({ page }).setLegacyMode(true).include("header").analyze();
});

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

test.each(paths)("%s", async (path) => {
  const filled = await fillIn(page, path);
  expect(filled, "the demo has no such object").toBeDefined();
  await walk(path, filled ?? "");
  expect([...new Set(wrong.splice(0))].join("\n")).toBe("");
});

test("the walk has seen them", () => {
  expect(opened.size, [...opened].join(", ")).toBeGreaterThan(fewestPopups);
});

async function walk(path: string, filled: string): Promise<void> {
  await goTo(page, filled);
  // What is above the tabs is there on each of them.
  const pressed = new Set<string>();
  const tabs = await page.locator("main [role=tab]").evaluateAll((all) => all.map((tab) => tab.textContent ?? ""));
  for (const tab of tabs.length > 0 ? tabs : [""]) {
    await toTab(filled, tab);
    const place = `${path} ${tab}`.trim();
    for (const key of await page.evaluate(openers)) {
      if (pressed.has(key)) continue;
      pressed.add(key);
      await press(place, key);
      if (new URL(page.url()).pathname !== `/demo${filled}`.replace(/\/$/, "")) await toTab(filled, tab);
    }
    await openRow(place);
  }
}

async function toTab(filled: string, tab: string): Promise<void> {
  await goTo(page, filled);
  if (tab) await page.locator("main [role=tab]", { hasText: tab }).first().click();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** The buttons that can be pressed, by a key; of a table's or a list's rows, where the same few are again, the first one's. */
function openers(): string[] {
  const found = new Map<string, Element>();
  for (const button of document.querySelectorAll<HTMLButtonElement>("main button")) {
    const row = button.closest("[role=row], tr, li");
    const first = !row || row.matches("[aria-rowindex='2'], tbody > tr:first-child, li:first-child");
    const name = button.ariaLabel ?? button.textContent;
    const own = button.getAttribute("role") === null && button.getClientRects().length > 0;
    const off = button.disabled || button.getAttribute("aria-disabled") === "true";
    const key = row ? `a row's ${name.replace(/ .*/, "")}` : name;
    if (first && own && !off && name && !found.has(key)) found.set(key, button);
  }
  (globalThis as { openers?: Map<string, Element> }).openers = found;
  return [...found.keys()];
}

async function find(key: string): Promise<ElementHandle<Element> | undefined> {
  await page.evaluate(openers);
  const found = await page.evaluateHandle(
    (key) => (globalThis as { openers?: Map<string, Element> }).openers?.get(key),
    key,
  );
  return found.asElement() ?? undefined;
}

async function press(place: string, key: string): Promise<void> {
  const opener = await find(key);
  if (!opener) return;
  const kind = await open(opener);
  if (!kind) return;
  await examine(`${place}: ${key}`, opener);
  if (kind !== "menu") return;
  await open(opener);
  const items = await page
    .locator("[role=menuitem]:not([data-disabled])")
    .evaluateAll((all) => all.map((item) => item.textContent ?? ""));
  await page.keyboard.press("Escape");
  for (const item of items.filter((item) => /…$|delete|force|disable|remove|take/i.test(item))) {
    await gone();
    if ((await open(opener)) !== "menu") return;
    const chosen = page.getByRole("menuitem").filter({ hasText: item }).first();
    // What it is about may have changed meanwhile, and offers something else.
    if ((await chosen.count()) === 0) {
      await page.keyboard.press("Escape");
      continue;
    }
    await chosen.press("Enter");
    if (await appears("[role=dialog]")) await examine(`${place}: ${key} › ${item}`, opener);
  }
}

async function openRow(place: string): Promise<void> {
  const grid = page.locator("main [role=grid]").first();
  if ((await grid.count()) === 0) return;
  const opener = await grid.elementHandle();
  await grid.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  if (opener && (await appears("aside[aria-label=Details]"))) await examine(`${place}: a row`, opener);
}

async function open(opener: ElementHandle<Element>): Promise<"menu" | "other" | undefined> {
  await opener.focus().catch(() => {});
  await page.keyboard.press("Enter");
  if (!(await appears(popup))) return undefined;
  return (await page.locator("[role=menu]").count()) > 0 ? "menu" : "other";
}

async function appears(selector: string): Promise<boolean> {
  const shown = () =>
    page.waitForSelector(selector, { timeout: opensMs }).then(
      () => true,
      () => false,
    );
  while (!(await shown())) if (coming <= 0 && performance.now() - cameAt > drawnMs) return false;
  return true;
}

function gone(): Promise<boolean> {
  return page
    .waitForFunction((popup) => !document.querySelector(popup), popup, { timeout: 1000 })
    .then(
      () => true,
      () => false,
    );
}

async function examine(name: string, opener: ElementHandle<Element>): Promise<void> {
  opened.add(name);
  const say = (what: string) => wrong.push(`${name}: ${what}`);
  const focusIn = await page
    .waitForFunction((popup) => document.activeElement?.closest(popup), popup, { timeout: 3000 })
    .catch(() => undefined);
  if (!focusIn) say(`the focus is not in it but at ${await focused()}`);
  for (const theme of ["light", "dark"]) {
    // What was just changing is looked at again.
    const found = (await faults(theme)).length > 0 ? await faults(theme) : [];
    for (const fault of found) say(`${theme}: ${fault}`);
  }
  await page.keyboard.press("Escape");
  if (!(await gone())) {
    if (!onPurpose.has(name)) say("Escape does not close it");
    await page.getByRole("dialog").getByRole("button").last().press("Enter");
    if (!(await gone())) say("it does not close at all");
  }
  const back = await page
    .waitForFunction(
      (opener) =>
        opener === document.activeElement || (!opener.isConnected && document.activeElement !== document.body),
      opener,
      { timeout: 2000 },
    )
    .catch(() => undefined);
  if (!back) say(`the focus does not come back, but is at ${await focused()}`);
}

interface Axe {
  run: (
    where: Element,
    options: object,
  ) => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
}

/** What axe finds in what is open; another theme is other colours and nothing else. */
function faults(theme: string): Promise<string[]> {
  return page.evaluate(
    async ({ theme, popup }) => {
      const root = document.documentElement;
      const [before, shown] = [root.dataset["theme"], document.querySelector(popup)];
      if (!shown) return [];
      root.dataset["theme"] = theme;
      const { axe } = globalThis as unknown as { axe: Axe };
      const colours = { runOnly: ["color-contrast"] };
      const { violations } = await axe.run(shown, {
        resultTypes: ["violations"],
        ...(theme === "dark" ? colours : {}),
      });
      root.dataset["theme"] = before ?? "light";
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 140)).join(" | ")}`);
    },
    { theme, popup },
  );
}

function focused(): Promise<string> {
  return page.evaluate(
    () =>
      document.activeElement?.ariaLabel ||
      document.activeElement?.outerHTML.slice(0, 300).replace(/ class="[^"]*"/g, "") ||
      "nothing",
  );
}
