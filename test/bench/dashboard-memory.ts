import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { launchBrowser, newContext } from "../e2e/browser.ts";
import { startDashboard } from "../e2e/dashboard.ts";
import { minutes } from "./config.ts";
import type { Bench } from "./figure.ts";

/** What a page with 10,000 VMs and 200 updates a second holds after a while (`--minutes N`). */
export const dashboardMemory: Bench = {
  name: "dashboard-memory",
  needsLibvirt: false,
  needsBrowser: true,
  async run() {
    await using server = await startDashboard();
    const browser = await launchBrowser("--enable-precise-memory-info", "--js-flags=--expose-gc");
    try {
      const page = await (await newContext(browser)).newPage();
      await page.goto(`${server.url}/demo/vms?vms=10000&updates=200`);
      const timeout = 180_000;
      await page.waitForFunction(() => document.documentElement.dataset["demo"] === "whole", undefined, { timeout });
      // What is made once and kept is there by then.
      await sleep(15_000);
      const parts = 10;
      const figures = [{ name: "heap of a page with 10,000 VMs, at first", unit: "MB", ours: await heapMb(page) }];
      for (let part = 1; part <= parts; part++) {
        await sleep((minutes * 60_000) / parts);
        const after = `after ${((minutes * part) / parts).toFixed(1)} min of 200 updates/s`;
        figures.push({ name: `heap ${after}`, unit: "MB", ours: await heapMb(page) });
      }
      return figures;
    } finally {
      await browser.close();
    }
  },
};

function heapMb(page: Page): Promise<number> {
  return page.evaluate(() => {
    for (let i = 0; i < 3; i++) globalThis.gc?.();
    return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize / 1e6;
  });
}
