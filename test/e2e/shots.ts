import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../guards/files.ts";
import { desktop, launchBrowser, newContext, phone, troubles, type Theme } from "./browser.ts";
import { fillIn, goTo, openDemo, pagePaths, startDashboard } from "./dashboard.ts";

/**
 * A PNG of every page in both themes at both widths: `npm run shots [-- WORD…]` takes those whose address has a WORD.
 * An address of one's own may be given too: `/vms/$vmId?tab=events`.
 */
const words = process.argv.slice(2);
const folder = join(root, "artifacts/shots");
const themes: readonly Theme[] = ["light", "dark"];

const own = words.filter((word) => word.startsWith("/"));
const fitting = pagePaths().filter((path) => words.length === 0 || words.some((word) => path.includes(word)));
const paths = own.length > 0 ? own : fitting;
await mkdir(folder, { recursive: true });
await using server = await startDashboard();
const browser = await launchBrowser();
try {
  for (const theme of themes) {
    // One datacenter for both widths.
    const context = await newContext(browser, { theme });
    const page = await context.newPage();
    const wrong = troubles(page);
    await openDemo(page, server.url);
    for (const path of paths) {
      const filled = await fillIn(page, path);
      if (filled === undefined) {
        console.log(`${path}: the demo has no such object`);
        continue;
      }
      for (const size of [desktop, phone]) {
        await page.setViewportSize(size);
        await goTo(page, filled);
        const name = path.replaceAll(/[^\w-]+/g, "_").replaceAll(/^_|_$/g, "") || "overview";
        const file = join(folder, `${name}.${theme}.${size.width}.png`);
        await page.screenshot({ path: file });
        console.log(file);
      }
    }
    for (const line of new Set(wrong)) console.log(`TROUBLE ${line}`);
    await context.close();
  }
} finally {
  await browser.close();
}
