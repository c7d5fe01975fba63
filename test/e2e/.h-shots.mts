import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { AxeBuilder } from "@axe-core/playwright";
import { extname, join } from "node:path";
import { desktop, launchBrowser, newContext, phone, troubles } from "/work/main/test/e2e/browser.ts";
import { fillIn, goTo, openDemo } from "/work/main/test/e2e/dashboard.ts";
const types: Record<string,string> = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html", ".woff2": "font/woff2" };
const server = createServer(async (q, r) => {
  const path = new URL(q.url ?? "/", "http://x").pathname;
  try { const b = await readFile(join("/tmp/h/dist", path)); r.setHeader("content-type", types[extname(path)] ?? "application/octet-stream"); r.end(b); }
  catch { r.setHeader("content-type", "text/html"); r.end(await readFile("/tmp/h/dist/index.html")); }
}).listen(0, "127.0.0.1");
await new Promise((r) => server.once("listening", r));
const url = `http://127.0.0.1:${(server.address() as any).port}`;
const browser = await launchBrowser();
const args = process.argv.slice(2);
const themes = (process.env["THEMES"] ?? "light,dark").split(",") as any[];
const tall = { width: 1280, height: 1750 };
const sizes = process.env["SIZES"] === "t" ? [tall] : process.env["SIZES"] === "d" ? [desktop] : [desktop, phone];
for (const theme of themes) {
  const context = await newContext(browser, { theme });
  const page = await context.newPage();
  const wrong = troubles(page);
  await openDemo(page, url);
  await page.waitForTimeout(2000);
  if (process.env["BREAK"]) {
    await page.getByRole("button", { name: "Demo" }).click();
    await page.getByRole("button", { name: /power off|pull/i }).first().click();
    await page.getByRole("button", { name: /close/i }).first().click();
  }
  await page.waitForTimeout(12000);
  for (const path of args) {
    const filled = await fillIn(page, path);
    if (!filled) { console.log("none", path); continue; }
    for (const size of sizes) {
      await page.setViewportSize(size);
      try { await goTo(page, filled); } catch (e) { console.log("FAIL", path, String(e).slice(0, 200)); }
      await page.waitForTimeout(600);
      if (process.env["AXE"]) for (const v of (await new AxeBuilder({ page }).analyze()).violations) console.log("AXE", path, size.width, v.id, v.impact, v.nodes.slice(0, 2).map((n) => n.html.slice(0, 140)).join(" | "));
      await page.screenshot({ path: `/tmp/h/${(path.replaceAll(/[^\w-]+/g, "_").replace(/^_|_$/g, "") || "overview")}.${theme}.${size.width}.png` });
    }
  }
  for (const line of new Set(wrong)) console.log("TROUBLE", line.slice(0, 600));
  await context.close();
}
await browser.close(); server.close();
