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

const name = "web-prod-01";
const dialog = (page: Page) => page.getByRole("dialog");
const confirm = (page: Page, button: string) => dialog(page).getByRole("button", { name: button, exact: true }).click();
const menu = async (page: Page, button: string | RegExp, item: RegExp) => {
  await page.getByRole("button", { name: button }).first().click();
  await page.getByRole("menuitem", { name: item }).click();
};

test("a VM goes back to a snapshot, its disk moves while it runs, and it comes back out of the recycle bin", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  const wrong = troubles(page);
  await openDemo(page, server.url, `?vms=10&q=${name}`);
  await page.getByRole("link", { name }).click();
  const id = await page.waitForURL(/\/vms\/[0-9a-f-]{36}/).then(() => new URL(page.url()).pathname.split("/").at(-1));
  const tab = (tab: string) => goTo(page, `/vms/${id}?tab=${tab}`);

  await tab("snapshots");
  await page.getByRole("button", { name: "Take snapshot" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill("before");
  await confirm(page, "Take it");
  await page.getByText("You are here").waitFor();
  await page.getByText(/takes up|size not measured/).waitFor();

  // A disk that comes after the snapshot goes with it, and stays as a volume.
  await tab("disks");
  await page.getByRole("button", { name: "Attach a disk" }).click();
  await dialog(page).getByLabel("Size (GiB)").fill("5");
  await confirm(page, "Attach");
  await page.getByRole("link", { name: `${name}-disk-2` }).waitFor();
  await tab("snapshots");
  await menu(page, "Actions of snapshot before", /Go back/);
  await dialog(page).getByText(`Added since then, taken from the VM and kept as a volume: ${name}-disk-2`).waitFor();
  await confirm(page, "Go back");
  await tab("disks");
  await page.getByText("Disk 2", { exact: true }).waitFor({ state: "detached" });
  await goTo(page, "/volumes?attached=no");
  await page.getByRole("link", { name: `${name}-disk-2` }).waitFor();

  // What a snapshot holds is not moved.
  await tab("disks");
  await page.getByRole("button", { name: "Move to another pool: Disk 1" }).click();
  await dialog(page).getByText("A snapshot holds it where it is").first().waitFor();
  await confirm(page, "Cancel");
  await tab("snapshots");
  await menu(page, "Actions of snapshot before", /Delete/);
  await confirm(page, "Delete");
  await page.getByText("No snapshot", { exact: true }).waitFor();

  await tab("disks");
  await page.getByRole("button", { name: "Move to another pool: Disk 1" }).click();
  await dialog(page).getByText("Its VM runs on meanwhile").waitFor();
  const to = dialog(page).getByLabel("To", { exact: true });
  const pool = await to.locator("option:not([disabled])").nth(1).textContent();
  await to.selectOption({ label: pool ?? "" });
  await confirm(page, "Move");
  await page.getByRole("main").getByRole("link", { name: "ceph-vms" }).waitFor({ state: "detached" });
  await page.getByText("being moved from").waitFor({ state: "detached" });
  await page.getByText("Running", { exact: true }).first().waitFor();

  await menu(page, "More", /^Delete/);
  await dialog(page).getByLabel(`Type ${name} to confirm`).fill(name);
  await confirm(page, "Delete");
  await page.getByText("This VM was deleted").first().waitFor();
  await goTo(page, "/recycle-bin");
  await page.getByRole("button", { name: `Restore ${name}` }).click();
  await page.getByText(`${name} was restored`).waitFor();
  await tab("disks");
  await page.getByText("Stopped", { exact: true }).first().waitFor();
  await page.getByRole("link", { name: `${name}-disk-1` }).waitFor();
  expect(wrong).toEqual([]);
  await context.close();
});

test("storage that is added says what each host makes of it", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  const wrong = troubles(page);
  await openDemo(page, server.url, "?vms=5");
  await goTo(page, "/pools");
  await page.getByRole("button", { name: "Add storage" }).click();
  await page.getByRole("radio", { name: /^Ceph RBD/ }).check({ force: true });
  await page.getByLabel("Name", { exact: true }).fill("ceph-2");
  await page.getByLabel("Monitors").fill("no port");
  await page.getByLabel("Ceph pool").fill("vms");
  await page.getByLabel("CephX key").fill("c2VjcmV0");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.locator("[aria-invalid=true]").first().waitFor();
  await page.getByLabel("Monitors").fill("10.0.0.1:6789");
  await page.getByLabel("CephX user").fill("vms");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByText("ceph-2 is ready").waitFor();
  await page.getByRole("button", { name: "Open it" }).click();
  await page.getByText("kept sealed and shown to nobody").waitFor();
  await menu(page, "Actions", /Remove/);
  await confirm(page, "Remove");
  await page.getByText("There is no such storage pool").waitFor();
  expect(wrong).toEqual([]);
  await context.close();
});
