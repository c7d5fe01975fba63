import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startControlPlane, type Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { ensureDashboard } from "../../tools/run/dashboard.ts";
import { root } from "../guards/files.ts";

/** The real control plane with the dashboard as it is built from the sources now: headers and policy are the real ones. */
export async function startDashboard(...args: string[]): Promise<Program> {
  await ensureDashboard(() => {});
  return startControlPlane("--dev", ...args);
}

/** The addresses of all pages, as app/pages.ts has them: `/vms/$vmId`. */
export function pagePaths(): string[] {
  const text = readFileSync(join(root, "apps/dashboard/src/app/pages.ts"), "utf8");
  return [...text.matchAll(/\bpage\(\s*"([^"]+)"/g)].map(([, path = ""]) => path);
}

/** Opens the demo, and waits until its datacenter is whole. */
export async function openDemo(page: Page, url: string, query = ""): Promise<void> {
  await page.goto(`${url}/demo/vms${query}`);
  await page.waitForFunction(() => document.documentElement.dataset["demo"] === "whole", undefined, {
    timeout: 90_000,
  });
}

/** As a click on a link does: the datacenter in the tab stays. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => history.pushState({}, "", `/demo${to}`), path);
  // A page's own chunk comes from the network; the page before stands until it is there.
  await page.waitForFunction(
    (there) => {
      const { status, resolvedLocation } = globalThis.__TSR_ROUTER__?.state ?? {};
      const here = resolvedLocation?.pathname.replace(/^\/demo/, "").replace(/\/$/, "");
      return status === "idle" && here === there;
    },
    new URL(path, page.url()).pathname.replace(/\/$/, ""),
    { timeout: 20_000 },
  );
  const shown = page.locator("main h1").first();
  await shown.waitFor({ timeout: 20_000 });
  // What is asked for when a page opens has been answered, and drawn.
  await page.waitForFunction(() => !document.querySelector('main [role="status"][aria-label="Loading"]'), undefined, {
    timeout: 20_000,
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** The path with the ids of objects that the demo has; undefined where it has none of that kind. */
export async function fillIn(page: Page, path: string): Promise<string | undefined> {
  if (!path.includes("$")) return path;
  const noun = /^\/([^/]+)/.exec(path)?.[1] ?? "";
  const id = await page.evaluate((noun) => globalThis.limiquantixDemo?.anId(noun) ?? "", noun);
  return id === "" ? undefined : path.replaceAll(/\$\w+/g, id);
}

declare global {
  /** TanStack's router, which says where it is. */
  var __TSR_ROUTER__: { state: { status: string; resolvedLocation?: { pathname: string } } } | undefined;
  var limiquantixDemo: { anId: (noun: string) => string | undefined } | undefined;
}
