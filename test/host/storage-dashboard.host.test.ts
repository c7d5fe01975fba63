import { StoragePoolService, VMService, type VirtualMachine } from "@limiquantix/api";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureDashboard } from "../../tools/run/dashboard.ts";
import { launchBrowser, newContext, troubles } from "../e2e/browser.ts";
import { CountingVms } from "./counting-vms.ts";
import { type LabCeph, stackWithCeph } from "./lab-ceph.ts";
import { signInAsFirst } from "./sign-in.ts";
import { type Stack, until } from "./stack.ts";

/** Storage by the dashboard alone, on real libvirt, QEMU and Ceph, with guests whose disks show every lost write. */
let stack: Stack;
let ceph: LabCeph;
let vms: CountingVms;
let browser: Browser;
let page: Page;
let wrong: string[];

beforeAll(async () => {
  await ensureDashboard(() => {});
  ({ stack, ceph } = await stackWithCeph());
  vms = await CountingVms.make(stack, (source) => ceph.imageName(source));
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  page.setDefaultTimeout(60_000);
  wrong = troubles(page);
  await signInAsFirst(page, stack);
  // That nobody was signed in before is no fault.
  wrong.length = 0;
});

afterAll(async () => {
  await browser?.close();
  await stack?.[Symbol.asyncDispose]();
  await vms?.[Symbol.asyncDispose]();
  await ceph?.[Symbol.asyncDispose]();
});

const main = () => page.locator("main");
const dialog = () => page.getByRole("dialog");
const button = (name: string) => page.getByRole("button", { name, exact: true });
const directory = () => join(stack.directory, "data");

async function choose(menu: string, action: string): Promise<void> {
  await button(menu).click();
  await page.getByRole("menuitem", { name: action }).click();
}

async function submit(): Promise<void> {
  await dialog().locator('button[type="submit"]').click();
  await dialog().waitFor({ state: "detached" });
}

/** The option whose label begins so: pools' labels go on with what is free. */
async function select(label: string, begins: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true }).first();
  const option = field.locator("option", { hasText: new RegExp(`^${begins}`) });
  await field.selectOption((await option.first().getAttribute("value")) ?? "");
}

async function vmNamed(name: string): Promise<VirtualMachine | undefined> {
  return (await stack.client(VMService).listVMs({ name })).vms[0];
}

async function open(name: string, tab: string): Promise<void> {
  await page.goto(`${stack.url}/vms/${(await vmNamed(name))?.id}`);
  await main()
    .getByRole("tab", { name: new RegExp(`^${tab}`) })
    .click();
}

async function addPool(kind: string, name: string, fields: Record<string, string>): Promise<void> {
  await page.goto(`${stack.url}/pools/new`);
  await page.getByRole("radio", { name: kind }).check({ force: true });
  await page.getByLabel("Name", { exact: true }).fill(name);
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
  await button("Add it").click();
  await page.getByText(`${name} is ready`).waitFor();
}

async function poolOfDisk(vm: string): Promise<string | undefined> {
  const { pools } = await stack.client(StoragePoolService).listPools({});
  const disk = (await vmNamed(vm))?.spec?.disks[0];
  return disk?.movingFromPoolId ? undefined : pools.find(({ id }) => id === disk?.storagePoolId)?.name;
}

test("storage is added: a directory, and a pool of Ceph", async () => {
  await addPool("Local directory", "data", { Directory: directory() });
  const { monitor, pool, user, key } = ceph.cluster;
  await addPool("Ceph RBD", "fast", { Monitors: monitor, "Ceph pool": pool, "CephX user": user, "CephX key": key });
  await page.goto(`${stack.url}/pools`);
  for (const name of ["data", "fast"])
    await main()
      .getByRole("row", { name: new RegExp(`${name}.*Ready`) })
      .waitFor();
});

test("the wizard puts a VM on Ceph", async () => {
  await page.goto(`${stack.url}/vms/new`);
  await page.getByRole("radio", { name: /counting/ }).check({ force: true });
  await button("Next").click();
  await page.getByLabel("Name", { exact: true }).fill("web-1");
  await button("Next").click();
  await page.getByLabel("vCPU", { exact: true }).fill("1");
  await page.getByLabel("Memory (MiB)").fill("64");
  await page.getByLabel("Size (GiB)").first().fill("1");
  await select("Storage pool", "fast");
  for (let step = 0; step < 4; step++) await button("Next").click();
  await main().locator('button[type="submit"]', { hasText: "Create VM" }).click();
  await page.getByRole("heading", { level: 1, name: "web-1" }).waitFor();
  await main().getByText("Running", { exact: true }).first().waitFor();
  await vms.goesOn("web-1");
});

test("a snapshot while it writes, back to it, and without it", async () => {
  await open("web-1", "Snapshots");
  await button("Take snapshot").click();
  await dialog().getByLabel("Name", { exact: true }).fill("before");
  await submit();
  await main()
    .getByText(/stood still/)
    .waitFor();
  const later = await vms.goesOn("web-1");
  await choose("Actions of snapshot before", "Go back to it…");
  await submit();
  await until("it went back", async () => (await vms.whole("web-1")) < later);
  await vms.goesOn("web-1");
  await choose("Actions of snapshot before", "Delete…");
  await submit();
  await main().getByText("No snapshot").waitFor();
  await vms.goesOn("web-1");
});

test("its disk grows, and moves to the directory, while it writes", async () => {
  await open("web-1", "Disks");
  await button("Grow Disk 1").click();
  await dialog().getByLabel("New size (GiB)").fill("2");
  await submit();
  await main()
    .getByRole("row", { name: /Disk 1.*2 GiB/ })
    .waitFor();
  await vms.goesOn("web-1");
  await button("Move to another pool: Disk 1").click();
  await select("To", "data");
  await submit();
  await until("its disk is in the directory", async () => (await poolOfDisk("web-1")) === "data");
  await main()
    .getByRole("row", { name: /Disk 1.*data/ })
    .waitFor();
  await vms.goesOn("web-1");
});

test("a clone of it runs on its own", async () => {
  const from = await vms.whole("web-1");
  await choose("More", "Clone…");
  await dialog().getByLabel("Name", { exact: true }).fill("web-2");
  await dialog()
    .getByLabel(/^Start it/)
    .check();
  await submit();
  await page.getByRole("heading", { level: 1, name: "web-2" }).waitFor();
  await main().getByText("Running", { exact: true }).first().waitFor();
  expect(await vms.goesOn("web-2")).toBeGreaterThanOrEqual(from);
});

test("both are deleted for good, and the pools are removed with nothing left in them", async () => {
  for (const name of ["web-2", "web-1"]) {
    await open(name, "Summary");
    await choose("More", "Delete…");
    await select("Keep it in the recycle bin", "Not at all");
    await dialog().getByRole("textbox").fill(name);
    await submit();
    await until(`${name} is gone`, async () => (await vmNamed(name)) === undefined);
  }
  const { pools } = await stack.client(StoragePoolService).listPools({});
  for (const { id, name } of pools.filter(({ name }) => ["data", "fast"].includes(name))) {
    await page.goto(`${stack.url}/pools/${id}`);
    await choose("Actions", "Remove…");
    await until(`${name} is empty`, () =>
      dialog().locator('button[type="submit"]:not([aria-disabled=true])').isVisible(),
    );
    await submit();
  }
  await page.goto(`${stack.url}/pools`);
  for (const name of ["data", "fast"])
    await main().getByRole("link", { name, exact: true }).waitFor({ state: "detached" });
  expect((await ceph.images()).filter((name) => !name.startsWith("lqx-image-"))).toEqual([]);
  const files = (await readdir(directory(), { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const ours = files.filter(
    ({ parentPath, name }) => !parentPath.endsWith("/images") && !name.startsWith(".limiquantix"),
  );
  expect(ours.map(({ name }) => name)).toEqual([]);
});

test("nothing went wrong on any of these pages", () => {
  expect(wrong).toEqual([]);
});
