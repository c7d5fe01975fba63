import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { problem, Reason } from "@limiquantix/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oidcCallback } from "./oidc-callback.ts";

let server: Server;
let base: string;
const heard: { query: string; host: string }[] = [];

beforeAll(async () => {
  const handle = oidcCallback({
    async answer(query, host) {
      heard.push({ query: query.toString(), host });
      if (query.get("state") !== "known") throw problem(Reason.LOGIN_EXPIRED, { why: "it belongs to no login" });
      return "http://127.0.0.1:40123/done?code=c&login_id=l";
    },
  });
  server = createServer((request, response) => void handle(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth/oidc/callback`;
});
afterAll(() => void server.close());

it("sends the browser on, and lets nothing keep what it carries", async () => {
  const response = await fetch(`${base}?state=known&code=x%20y`, { redirect: "manual" });
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe("http://127.0.0.1:40123/done?code=c&login_id=l");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(heard.at(-1)).toEqual({ query: "state=known&code=x+y", host: new URL(base).host });
});

it("answers a sentence where no login waits, and redirects nowhere", async () => {
  const response = await fetch(`${base}?state=other`, { redirect: "manual" });
  expect(response.status).toBe(400);
  expect(response.headers.get("location")).toBeNull();
  expect(await response.text()).toContain("cannot be finished: it belongs to no login");
});

it("is used up by no HEAD and no POST", async () => {
  const before = heard.length;
  for (const method of ["HEAD", "POST"]) expect((await fetch(`${base}?state=known`, { method })).status).toBe(405);
  expect(heard.length).toBe(before);
});
