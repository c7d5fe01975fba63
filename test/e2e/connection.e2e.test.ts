import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Client } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { VMService, VmStatus_PowerState as PowerState } from "@limiquantix/api";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSimHost } from "../../apps/controlplane/src/test-suites/sim-host.ts";
import type { Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { freePort } from "../../packages/sso/test/ports.ts";
import { launchBrowser, newContext, troubles } from "./browser.ts";
import { layCable } from "./cable.ts";
import { openDemo, startDashboard } from "./dashboard.ts";

/** What breaks between a page and its control plane is shown, heals by itself, and nothing that happened is missed. */
let browser: Browser;
let directory: string;
let port: number;
let server: Program;
let host: Awaited<ReturnType<typeof startSimHost>>;
let vms: Client<typeof VMService>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-connection-"));
  port = await freePort();
  server = await start(port);
  vms = clientOf(port);
  host = await startSimHost({ controlPlane: server.url });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await host[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Always on the same state. */
function start(on: number): Promise<Program> {
  return startDashboard("--data", directory, "--listen", `127.0.0.1:${on}`);
}

function clientOf(on: number): Client<typeof VMService> {
  return createClient(VMService, createConnectTransport({ baseUrl: `http://127.0.0.1:${on}`, httpVersion: "1.1" }));
}

async function makeVm(name: string, client = vms): Promise<string> {
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n }], nics: [{}] };
  const { vm } = await client.createVM({ name, spec, idempotencyKey: name });
  return vm?.id ?? "";
}

async function openVms(url = server.url): Promise<Page> {
  const page = await (await newContext(browser)).newPage();
  await page.goto(`${url}/vms`);
  return page;
}

const row = (page: Page, name: string) => page.getByRole("grid").getByRole("row", { name });
const lost = (page: Page) => page.getByText("Connection lost");

/** Exactly these are shown, in the order of their names. */
async function shows(page: Page, names: string[]): Promise<void> {
  const links = page.getByRole("grid").locator("a[href*='/vms/']");
  await expect.poll(() => links.allInnerTexts(), { timeout: 30_000 }).toEqual(names);
}

test("the control plane is killed and comes back another: the page shows it, heals, and missed nothing", async () => {
  const ids = new Map<string, string>();
  for (const name of ["alpha", "beta", "gamma"]) ids.set(name, await makeVm(name));
  const page = await openVms();
  const wrong = troubles(page);
  await shows(page, ["alpha", "beta", "gamma"]);
  await server.stop("SIGKILL");
  await lost(page).waitFor();
  // What was last seen stays.
  await shows(page, ["alpha", "beta", "gamma"]);

  // Where the page cannot reach it, so that all of it happens while the page is cut off.
  const elsewhere = await freePort();
  const meanwhile = await start(elsewhere);
  const client = clientOf(elsewhere);
  await client.updateVM({ id: ids.get("beta") ?? "", name: "beta-2", updateMask: { paths: ["name"] } });
  await client.deleteVM({ id: ids.get("alpha") ?? "" });
  await makeVm("delta", client);
  await expect.poll(async () => (await client.listVMs({})).vms.length, { timeout: 30_000 }).toBe(3);
  await meanwhile.stop("SIGKILL");

  server = await start(port);
  await shows(page, ["beta-2", "delta", "gamma"]);
  await lost(page).waitFor({ state: "detached" });
  // It is live again, not only new.
  await vms.updateVM({ id: ids.get("gamma") ?? "", name: "gamma-2", updateMask: { paths: ["name"] } });
  await shows(page, ["beta-2", "delta", "gamma-2"]);
  // What was being loaded came later: nothing on the page broke, and nothing was refused.
  expect(wrong.filter((line) => !line.includes("Failed to load resource: net::ERR_"))).toEqual([]);
  await page.context().close();
});

test("the cable is pulled and put back: the page goes on from where it was", async () => {
  await using cable = await layCable(server.url);
  const before = (await vms.listVMs({ orderBy: "name" })).vms.map(({ name }) => name);
  const page = await openVms(cable.url);
  await shows(page, before);
  cable.cut();
  await lost(page).waitFor();
  await makeVm("while-cut");
  cable.mend();
  await shows(page, [...before, "while-cut"]);
  await lost(page).waitFor({ state: "detached" });
  await page.context().close();
});

test("a connection that died without a word is found out", async () => {
  await using cable = await layCable(server.url);
  const page = await openVms(cable.url);
  await row(page, "while-cut").waitFor();
  cable.freeze();
  await makeVm("while-dead");
  // As when a laptop wakes up: the page's clock on the wall jumps.
  const jump = () =>
    page.evaluate(() => {
      const before = Date.now.bind(Date);
      Date.now = () => before() + 30_000;
    });
  const becomes = (seen: () => Promise<boolean>) =>
    expect.poll(async () => (await seen()) || (await jump(), false), { interval: 1500, timeout: 60_000 }).toBe(true);
  await becomes(() => lost(page).isVisible());
  cable.mend();
  await becomes(() => row(page, "while-dead").isVisible());
  await lost(page).waitFor({ state: "detached" });
  await page.context().close();
});

test("what was shown before the server agreed is taken back when it refuses, and why is said", async () => {
  const id = await makeVm("omega");
  const state = async () => (await vms.getVM({ id })).status?.state;
  await expect.poll(state).toBe(PowerState.STOPPED);
  await vms.startVM({ id });
  await expect.poll(state).toBe(PowerState.RUNNING);
  const page = await (await newContext(browser)).newPage();
  await page.goto(`${server.url}/vms/${id}`);
  await page.getByText("Running", { exact: true }).first().waitFor();
  // The request is held until somebody else has stopped the VM.
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await page.route("**/*VMService/PauseVM", async (route) => {
    arrived.resolve();
    await release.promise;
    await route.continue();
  });
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Pause" }).click();
  await arrived.promise;
  await page.getByText("Pausing").first().waitFor();
  await vms.stopVM({ id, force: true });
  await expect.poll(state).toBe(PowerState.STOPPED);
  await page.getByText("Pausing").first().waitFor();
  release.resolve();
  await page.getByText("Stopped", { exact: true }).first().waitFor();
  await page.getByText("Pausing").waitFor({ state: "detached" });
  await page
    .getByText(/omega.*(stopped|running)/i)
    .first()
    .waitFor();
  await page.context().close();
});

test("what the CLI or anybody else changes shows in an open page", async () => {
  const id = await makeVm("sigma");
  const page = await (await newContext(browser)).newPage();
  await page.goto(`${server.url}/vms/${id}`);
  await page.getByRole("heading", { level: 1, name: "sigma" }).waitFor();
  const [before] = await page.evaluate(() =>
    performance.getEntriesByType("navigation").map(({ startTime }) => startTime),
  );
  await vms.updateVM({ id, description: "changed elsewhere", updateMask: { paths: ["description"] } });
  await page.getByText("changed elsewhere").first().waitFor();
  await vms.startVM({ id });
  await page.getByText("Running", { exact: true }).first().waitFor();
  await vms.deleteVM({ id, force: true });
  await page.getByText("This VM was deleted").first().waitFor();
  expect(before).toBe(0);
  await page.context().close();
});

test("in the demo's chaos calls fail and streams break, and the page comes through", async () => {
  const page = await (await newContext(browser)).newPage();
  await openDemo(page, server.url, "?vms=20");
  await page.getByRole("button", { name: "Demo" }).click();
  await page.getByLabel("Chaos").check();
  // It heals within a quarter of a second: each frame is looked at.
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll("[role=status]")].some(
        (it) => it.textContent?.includes("Connection lost") && it.checkVisibility(),
      ),
    undefined,
    { timeout: 60_000 },
  );
  await page.getByLabel("Chaos").uncheck();
  await lost(page).waitFor({ state: "detached", timeout: 30_000 });
  // What happens now arrives.
  await page.getByRole("button", { name: "Close" }).first().click();
  await page.getByRole("grid").locator("a[href*='/vms/']").first().click();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Pause" }).click();
  await page.getByText("Paused", { exact: true }).first().waitFor();
  await page.context().close();
});
