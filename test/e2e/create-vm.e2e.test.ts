import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSimHost } from "../../apps/controlplane/src/test-suites/sim-host.ts";
import type { Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { launchBrowser, newContext, troubles } from "./browser.ts";
import { startDashboard } from "./dashboard.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZ0NT3cUpnGPMURR5PpRsYfaUiVCXWIhWyFBEjIDZVS ann@laptop";

let browser: Browser;
let server: Program;
let host: AsyncDisposable;

beforeAll(async () => {
  server = await startDashboard();
  host = await startSimHost({ controlPlane: server.url });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await host[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const next = (page: Page) => page.getByRole("button", { name: "Next" }).click();

/** A disk with a partition table, and nothing else. */
function diskImage(): Buffer {
  const disk = Buffer.alloc(6 * 1024 * 1024);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

test("an image is uploaded, the wizard makes a VM of it, and the image says who uses it", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  const wrong = troubles(page);
  await page.goto(`${server.url}/images`);
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles([
      { name: "debian-12.img", mimeType: "application/octet-stream", buffer: diskImage() },
      { name: "old.vmdk", mimeType: "application/octet-stream", buffer: Buffer.from("KDMV and more") },
    ]);
  await page.getByText("Cannot be used (VMDK)").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Upload", exact: true }).click();
  await page.getByRole("link", { name: "debian-12" }).click();
  await page.getByText("Ready", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Create VM" }).click();

  // Wrong fields keep one where they are, and have the focus.
  await next(page);
  await next(page);
  await page.getByText("Give the VM a name").waitFor();
  const name = page.getByLabel("Name", { exact: true });
  expect(await name.evaluate((field) => field === document.activeElement)).toBe(true);
  await name.fill("web-1");
  await name.press("Enter");
  await page.getByText("Large", { exact: true }).click();
  await next(page);
  await page.getByText("Interface 1").waitFor();
  await next(page);
  await page.getByText("Nobody can log in").first().waitFor();
  await page.getByLabel("Password", { exact: true }).fill("correct horse");
  await page.getByRole("button", { name: "Add a key" }).click();
  await page.getByLabel("SSH key 1", { exact: true }).fill(`${key}\n${key}`);
  await page.getByText("it is key 1 again").waitFor();
  await next(page);
  await page.getByText("The two are not the same").waitFor();

  // A reload keeps the draft, and nothing secret.
  await page.reload();
  await page.getByLabel("SSH key 2", { exact: true }).waitFor();
  expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain("correct horse");
  await page.getByLabel("Password", { exact: true }).fill("correct horse");
  await page.getByLabel("Password again").fill("correct horse");
  await page.getByRole("button", { name: "Remove SSH key 2" }).click();
  await page.getByText("1 SSH key of debian").first().waitFor();
  await next(page);
  await page.getByText("would be chosen").waitFor();
  await next(page);
  await page.getByText("Nothing stands in the way").waitFor();
  await page.goBack();
  await page.getByText("would be chosen").waitFor();
  await page.goForward();
  await page.getByRole("button", { name: "Create VM" }).click();
  await page.waitForURL(/\/vms\/[0-9a-f-]{36}/);
  await page.getByText("VM web-1 has been made").waitFor();

  await page.goto(`${server.url}/images`);
  await page.getByRole("link", { name: "debian-12" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "web-1" }).waitFor();
  expect(wrong).toEqual([]);
  await context.close();
});

test("what is in the way of a VM is said at its step, in the words of the control plane", async () => {
  const context = await newContext(browser);
  const page = await context.newPage();
  await page.goto(`${server.url}/vms/new`);
  await page.getByText("Empty", { exact: true }).click();
  await next(page);
  await page.getByLabel("Name", { exact: true }).fill("too-large");
  await next(page);
  await page.getByLabel("vCPU", { exact: true }).fill("500");
  await page.getByText(/Fits on 0 of 1 host/).waitFor();
  for (let i = 0; i < 3; i++) await next(page);
  await page.getByText("No host fits").waitFor();
  await page
    .getByText(/cpu|cores/i)
    .first()
    .waitFor();
  await next(page);
  await page.getByText("It cannot be made like this").waitFor();
  await page.getByRole("button", { name: "Go to Placement" }).click();
  await page.getByText("no host fits VM too-large: sim-1").waitFor();
  await context.close();
});
