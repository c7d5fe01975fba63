import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startControlPlane, type Program } from "../../apps/controlplane/src/test-suites/start.ts";
import { ensureDashboard } from "../../tools/run/dashboard.ts";

/** The control plane as it is installed: with a state of its own, where people sign in. */
export interface Real extends AsyncDisposable {
  server: Program;
  /** Of the first administrator. */
  password: string;
  data: string;
}

export async function startReal(...args: string[]): Promise<Real> {
  await ensureDashboard(() => {});
  const data = await mkdtemp(join(tmpdir(), "lqx-e2e-"));
  const server = await startControlPlane("--data", data, ...args);
  const password = /password[: ]+(\S+)/i.exec(await readFile(join(data, "first-login"), "utf8"))?.[1] ?? "";
  return {
    server,
    password,
    data,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(data, { recursive: true, force: true });
    },
  };
}

export async function signIn(page: Page, name: string, secret: string): Promise<void> {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: /sign out/i }).click();
  await page.getByLabel("User name").waitFor();
}

/** It is there as soon as one is signed in. */
export const search = (page: Page) => page.getByRole("button", { name: /search or do/i });

/** Calls the API as the page itself would; answers the status and the body. */
export function call(page: Page, method: string, body: object): Promise<{ status: number; body: unknown }> {
  return page.evaluate(
    async ([method, body]) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`/${method}`, { method: "POST", headers, body });
      return { status: response.status, body: (await response.json()) as unknown };
    },
    [method, JSON.stringify(body)] as const,
  );
}
