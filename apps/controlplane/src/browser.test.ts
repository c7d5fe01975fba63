import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { startControlPlane } from "./test-suites/start.ts";

vi.setConfig({ testTimeout: 120_000 });

const json = { "content-type": "application/json" };
/** Not this machine's own caller, whom --dev lets in without proof. */
const stranger = { ...json, "x-forwarded-for": "192.0.2.1" };

test("a browser's cookie is for our own pages: scripts do not read it, other sites do not use it", async () => {
  await using program = await startControlPlane("--dev");
  const call = (method: string, body: object, headers: Record<string, string>) =>
    fetch(`${program.url}/limiquantix.identity.v1.${method}`, { method: "POST", headers, body: JSON.stringify(body) });
  const password = "correct horse battery staple 9";
  expect((await call("UserService/CreateUser", { name: "ann", password }, json)).status).toBe(200);
  const login = await call("AuthService/Login", { username: "ann", password, cookie: true }, stranger);
  expect(await login.json()).not.toHaveProperty("token");
  const [cookie = ""] = login.headers.getSetCookie();
  expect(cookie).toMatch(/^lqx=\S+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
  const withCookie = { ...stranger, cookie: cookie.split(";")[0]! };
  const whoAmI = async (headers: Record<string, string>) =>
    (await call("AuthService/WhoAmI", {}, { ...withCookie, ...headers })).status;
  expect(await whoAmI({ "sec-fetch-site": "same-origin" })).toBe(200);
  expect(await whoAmI({ origin: program.url })).toBe(200);
  const foreign: Record<string, string>[] = [
    {},
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
  ];
  for (const headers of foreign) {
    expect([401, 403], JSON.stringify(headers)).toContain(await whoAmI(headers));
  }
});

test("a page of another site opens no console", async () => {
  await using program = await startControlPlane("--dev");
  const open = (origin?: string) => {
    const url = `${program.url.replace("http", "ws")}/console/${"A".repeat(43)}`;
    const ws = new WebSocket(url, origin === undefined ? {} : { origin });
    return new Promise<string>((resolve) => ws.once("error", (error) => resolve(error.message)));
  };
  expect(await open("https://evil.example")).toContain("403");
  expect(await open("null")).toContain("403");
  // Our own page, and what is no browser, get as far as their ticket.
  expect(await open(program.url)).toContain("401");
  expect(await open()).toContain("401");
});
