import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { launchBrowser, newContext, troubles, type Theme } from "./browser.ts";
import { goTo, openDemo, startDashboard } from "./dashboard.ts";

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

const dialog = (page: Page) => page.getByRole("dialog");
const panel = (page: Page) => page.getByRole("complementary", { name: "Details" });

test.each<Theme>(["light", "dark"])(
  "a schedule is made, looked at, run, switched off and deleted, %s",
  async (theme) => {
    const context = await newContext(browser, { theme });
    const page = await context.newPage();
    const wrong = troubles(page);
    await openDemo(page, server.url, "?vms=10");
    await goTo(page, "/schedules");
    await page.getByText("nightly", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Create a schedule" }).click();
    await dialog(page).getByLabel("Name", { exact: true }).fill("workdays");
    await dialog(page).getByLabel("Project").selectOption({ label: "shop" });
    await dialog(page).getByLabel("Time zone").selectOption("Europe/Berlin");
    await dialog(page).getByLabel("How often").selectOption({ label: "A cron pattern of your own" });
    const cron = dialog(page).getByLabel("Cron pattern", { exact: true });
    await cron.fill("30 25 * * 1-5");
    await dialog(page).getByText("is no cron pattern").waitFor();
    await cron.fill("30 2 * * 1-5");
    const times = dialog(page).getByRole("region", { name: "The next five times" }).getByRole("listitem");
    await expect.poll(() => times.count()).toBe(5);
    expect(await times.first().innerText()).toMatch(/0?2:30/);
    await dialog(page).getByLabel("Snapshots of").selectOption({ label: "chosen VMs" });
    await dialog(page).getByLabel("web-prod-01").check();
    expect(await serious(page)).toEqual([]);
    await dialog(page).getByRole("button", { name: "Create a schedule" }).click();

    await page.getByText("workdays", { exact: true }).first().click();
    await panel(page).getByRole("button", { name: "Run now" }).click();
    await panel(page).getByText("1 taken").first().waitFor();
    await expect.poll(() => panel(page).getByRole("listitem").count()).toBe(5);
    expect(await serious(page)).toEqual([]);
    await page.getByRole("switch", { name: "workdays is switched on" }).click();
    await panel(page).getByText("It is switched off.").waitFor();

    await goTo(page, "/vms?q=web-prod-01");
    await page.getByRole("link", { name: "web-prod-01" }).click();
    await page.getByRole("tab", { name: /Snapshots/ }).click();
    await page.getByRole("link", { name: "by workdays" }).click();
    await panel(page).getByRole("button", { name: "Delete…" }).click();
    await dialog(page).getByLabel("Delete the snapshots that it took too").check();
    await dialog(page).getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("workdays is deleted").waitFor();
    await panel(page).waitFor({ state: "detached" });
    await context.close();
    expect(wrong).toEqual([]);
  },
);

async function serious(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}
