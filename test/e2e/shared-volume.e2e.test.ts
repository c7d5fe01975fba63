import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { launchBrowser, newContext, troubles } from "./browser.ts";
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
const confirm = (page: Page, button: string) => dialog(page).getByRole("button", { name: button, exact: true }).click();
const more = async (page: Page, item: RegExp) => {
  await page.getByRole("button", { name: "More" }).first().click();
  await page.getByRole("menuitem", { name: item }).click();
};

test("a volume is made to be shared, two VMs have it, its page lists them, and one lets go of it", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  const wrong = troubles(page);
  await openDemo(page, server.url, "?vms=30");
  await goTo(page, "/volumes");
  await page.getByRole("button", { name: "Create volume" }).first().click();
  await dialog(page).getByLabel("Name", { exact: true }).fill("quorum");
  await dialog(page).getByLabel("Project").selectOption({ label: "shop" });
  await dialog(page)
    .getByLabel("Storage pool")
    .selectOption({ label: await labelOf(page, /^ceph-vms/) });
  await dialog(page).getByLabel("Size (GiB)").fill("5");
  await dialog(page)
    .getByLabel(/^Shared: several VMs/)
    .check();
  await dialog(page)
    .getByText(/an ordinary file system on it is destroyed/)
    .waitFor();
  expect(await dialog(page).getByLabel("Contents").isDisabled()).toBe(true);
  await confirm(page, "Create");
  await page.waitForURL(/\/volumes\/[0-9a-f-]{36}/);
  await page.getByText("Thin, shared").waitFor();

  const names: string[] = [];
  for (let i = 0; i < 2; i++) {
    if (i === 0) await page.getByRole("button", { name: "Attach to a VM…" }).click();
    else await more(page, /Attach to a VM/);
    const vms = dialog(page).getByLabel("VM", { exact: true });
    await vms.locator("option").nth(1).waitFor({ state: "attached" });
    const [name = ""] = (await vms.locator("option").allTextContents()).slice(1);
    await vms.selectOption({ label: name });
    if (i === 1) await dialog(page).getByText(`${names[0]} may write it at the same time`).waitFor();
    await confirm(page, "Attach");
    await page.getByRole("main").getByRole("link", { name, exact: true }).first().waitFor();
    names.push(name);
  }
  const [a = "", b = ""] = names;
  expect(a).not.toBe(b);
  await page.getByText("Shared by 2 VMs").waitFor();
  await page.getByRole("button", { name: "More" }).first().click();
  await page.getByRole("menuitem", { name: /^Grow/, disabled: true }).waitFor();
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Detach…" }).click();
  await dialog(page).getByLabel("From which VM").selectOption({ label: a });
  await confirm(page, "Detach");
  await page.getByText("Shared by 2 VMs").waitFor({ state: "detached" });
  await page.getByRole("main").getByRole("link", { name: b, exact: true }).first().waitFor();
  expect(wrong).toEqual([]);
  await context.close();
});

test("an image is made public in its dialog, and its page says so", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  await openDemo(page, server.url, "?vms=10");
  const id = await page.evaluate(() => globalThis.limiquantixDemo?.anId("images") ?? "");
  await goTo(page, `/images/${id}`);
  await page.getByRole("button", { name: "Edit" }).first().click();
  await dialog(page).getByLabel("Who may use it").selectOption({ label: "Public: every project" });
  await confirm(page, "Save");
  await page.getByText("Public: every project").first().waitFor();
  await context.close();
});

/** The option's whole words: they end in how much is free. */
async function labelOf(page: Page, wanted: RegExp): Promise<string> {
  const options = await dialog(page).getByLabel("Storage pool").locator("option").allTextContents();
  return options.find((option) => wanted.test(option)) ?? "";
}
