import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { search, signIn } from "../e2e/real.ts";
import type { Stack } from "./stack.ts";

/** Opens the dashboard with the first administrator's password, as `npm start` tells it. */
export async function signInAsFirst(page: Page, stack: Stack): Promise<void> {
  const text = await readFile(join(stack.directory, "control/first-login"), "utf8");
  await page.goto(stack.url);
  await signIn(page, "admin", /password:?\s*(\S+)/i.exec(text)?.[1] ?? "");
  await search(page).waitFor();
}
