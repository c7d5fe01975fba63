import { access } from "node:fs/promises";
import { join } from "node:path";
import { VMService, VmStatus_PowerState } from "@limiquantix/api";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, newContext, troubles } from "../e2e/browser.ts";
import { ensureDashboard } from "../../tools/run/dashboard.ts";
import { Desktop, runningPrograms } from "./desktop.ts";
import { addressOf, buildImage, sshWithPassword } from "./guest.ts";
import { signInAsFirst } from "./sign-in.ts";
import { Stack, until } from "./stack.ts";

/** The first hour with the dashboard, in a real browser, on real libvirt and QEMU: nothing by the CLI or the API. */
let stack: Stack;
let browser: Browser;
let page: Page;
let image: string;
let wrong: string[];

const login = { user: "ada", password: "correct-horse-9" };
const main = () => page.locator("main");
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
const dialog = () => page.getByRole("dialog");

beforeAll(async () => {
  await ensureDashboard(() => {});
  image = await buildImage("tiny");
  stack = await Stack.start();
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  wrong = troubles(page);
});

afterAll(async () => {
  await browser?.close();
  await stack[Symbol.asyncDispose]();
});

async function vmNamed(name: string) {
  const { vms } = await stack.client(VMService).listVMs({ name });
  return vms[0];
}

async function choose(action: string): Promise<void> {
  await button("Actions").or(button("More")).first().click();
  await page.getByRole("menuitem", { name: action }).click();
}

test("one signs in with the first administrator's password", async () => {
  await signInAsFirst(page, stack);
  // That nobody was signed in before is no fault.
  wrong.length = 0;
});

test("an image is uploaded from the browser", async () => {
  await page.goto(`${stack.url}/images`);
  await page.locator('input[type="file"]').first().setInputFiles(image);
  await dialog().getByLabel("Name", { exact: true }).fill("tiny");
  await dialog().locator('button[type="submit"]').click();
  await main()
    .getByRole("row", { name: /tiny.*Ready/ })
    .waitFor({ timeout: 120_000 });
});

test("the wizard makes a VM of it", async () => {
  await page.goto(`${stack.url}/vms/new`);
  await page.getByRole("radio", { name: /tiny/ }).check({ force: true });
  await button("Next").click();
  await page.getByLabel("Name", { exact: true }).fill("web-1");
  await button("Next").click();
  await page.getByLabel("vCPU", { exact: true }).fill("1");
  await page.getByLabel("Memory (MiB)").fill("256");
  await button("Next").click();
  await button("Next").click();
  await page.getByLabel("User name").fill(login.user);
  await page.getByLabel("Password", { exact: true }).fill(login.password);
  await page.getByLabel("Password again").fill(login.password);
  await button("Next").click();
  await button("Next").click();
  await main().locator('button[type="submit"]', { hasText: "Create VM" }).click();
  await page.getByRole("heading", { level: 1, name: "web-1" }).waitFor();
  await main().getByText("Running", { exact: true }).first().waitFor({ timeout: 120_000 });
});

test("its console shows a screen, and what is typed there reaches the guest", async () => {
  const vm = await vmNamed("web-1");
  await page.goto(`${stack.url}/vms/${vm?.id}/console`);
  const screen = page.locator("canvas").first();
  await screen.waitFor({ timeout: 60_000 });
  const address = await addressOf(stack, "web-1");
  const target = { ...login, address };
  await until("the guest is up", async () => (await sshWithPassword(stack, target, "id -un")).trim() === login.user);
  await screen.click();
  const inGuest = (command: string) => sshWithPassword(stack, target, command);
  await until("what was typed is there", async () => {
    for (const line of [login.user, login.password, "touch /tmp/typed"]) {
      await page.keyboard.type(`${line}\n`, { delay: 30 });
      // The guest asks for the next one in its own time.
      await page.waitForTimeout(2000);
    }
    return (await inGuest("ls /tmp/typed")).trim() === "/tmp/typed";
  });
});

test("a native viewer of the desktop shows it, by the page's link and by its file", async () => {
  await using desktop = await Desktop.start(stack);
  await stack.lqx(["console", "register"]);
  for (const type of ["x-scheme-handler/limiquantix", "application/x-virt-viewer"]) {
    expect(await desktop.run("xdg-mime", "query", "default", type)).toBe("limiquantix.desktop\n");
  }
  const paint = async (escape: number) => {
    const target = { ...login, address: await addressOf(stack, "web-1") };
    await sshWithPassword(stack, target, `sudo sh -c "printf '\\033[${escape}m\\033[2J' > /dev/tty1"`);
  };
  const shows = (colour: number) =>
    until("the viewer shows the guest", async () => (await desktop.pixels(colour)) > 100_000);
  // The page has the console open too.
  const ended = () =>
    until("the page alone is at it", async () => (await stack.json<unknown[]>("console", "who", "web-1")).length === 1);

  const { target, file } = await nativeViewer(join(stack.directory, "home/web-1.vv"));
  await paint(44);
  const opening = desktop.run("xdg-open", target);
  await shows(0x0000aa);
  await paint(41);
  await shows(0xaa0000);
  // Whoever may list the processes learns no way in.
  const viewer = (await runningPrograms("remote-viewer --", " console open ")).map(({ line }) => line).toSorted();
  expect(viewer).toEqual([
    expect.stringMatching(
      / console open --url limiquantix:\/\/console\/[0-9a-f-]{36}\?server=http%3A%2F%2F[\d.]+%3A8080$/,
    ),
    expect.stringMatching(/^remote-viewer --title=web-1 -- vnc:\/\/127\.0\.0\.1:\d+$/),
  ]);
  await desktop.closeViewer();
  await opening;
  await ended();

  // What it starts has its standard output.
  const openingFile = desktop.run("gio", "open", file);
  await shows(0xaa0000);
  await expect(access(file)).rejects.toThrow("ENOENT");
  await desktop.closeViewer();
  await openingFile;
  await ended();
  const logs = `${await stack.controlPlane.log()}${await stack.node.log()}`;
  expect(logs).toContain('"console opened"');
  expect(logs).not.toMatch(/console\/[\w-]{20,}/);
});

/** What the menu of a console's page gives to the desktop: an address, and a file that is saved to `file`. */
async function nativeViewer(file: string): Promise<{ target: string; file: string }> {
  const own = await page.context().newPage();
  await own.goto(page.url());
  const chooseMore = async (name: string) => {
    await own.getByRole("menu").waitFor({ state: "detached" });
    await own.getByRole("button", { name: "More" }).click();
    await own.getByRole("menuitem", { name }).click();
  };
  const [saved] = await Promise.all([own.waitForEvent("download"), chooseMore("Download a .vv file")]);
  await saved.saveAs(file);
  const session = await page.context().newCDPSession(own);
  await session.send("Page.enable");
  const asked = new Promise<string>((resolve) => {
    session.on("Page.frameRequestedNavigation", ({ url }) => resolve(url));
  });
  await chooseMore("Open in a native viewer");
  const target = await asked;
  await own.close();
  return { target, file };
}

test("it is edited, and the page shows what others change at once", async () => {
  const vm = await vmNamed("web-1");
  await page.goto(`${stack.url}/vms/${vm?.id}`);
  await choose("Edit settings…");
  await dialog().getByLabel("Notes").fill("the first one");
  await dialog().getByRole("button", { name: "Save" }).click();
  await until("it is saved", async () => (await vmNamed("web-1"))?.description === "the first one");
  await stack.lqx(["vm", "edit", "web-1", "--description", "edited elsewhere"]);
  await main().getByText("edited elsewhere").first().waitFor({ timeout: 5000 });
});

test("it is shut down and cloned, and both are deleted", async () => {
  await choose("Force stop");
  await dialog().getByRole("button").last().click();
  await main().getByText("Stopped", { exact: true }).first().waitFor({ timeout: 60_000 });
  await choose("Clone…");
  await dialog().getByLabel("Name", { exact: true }).fill("web-2");
  await dialog().locator('button[type="submit"]').click();
  await page.getByRole("heading", { level: 1, name: "web-2" }).waitFor();
  await until("the clone is whole", async () => {
    const clone = await vmNamed("web-2");
    return clone?.status?.state === VmStatus_PowerState.STOPPED;
  });
  for (const name of ["web-2", "web-1"]) {
    await page.goto(`${stack.url}/vms/${(await vmNamed(name))?.id}`);
    await choose("Delete…");
    await dialog().locator('button[type="submit"]').click();
    await until(`${name} is gone`, async () => (await vmNamed(name)) === undefined);
  }
});

test("nothing went wrong on any of these pages", () => {
  expect(wrong).toEqual([]);
});
