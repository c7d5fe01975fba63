import { createContextValues } from "@connectrpc/connect";
import { expect, test } from "vitest";
import type { Peer } from "../rpc/context.ts";
import { farAway, openIdentity, reasonOf } from "./identity-fixture.ts";

const own = { host: "lqx.example", "sec-fetch-site": "same-origin" };
const tls: Peer = { ...farAway, tls: true };

/** Logs in as a browser does; answers the Set-Cookie header. */
async function browse(peer = tls, headers: Record<string, string> = own) {
  const fixture = await openIdentity();
  let setCookie = "";
  const options = {
    contextValues: createContextValues(),
    onHeader: (all: Headers) => (setCookie = all.get("set-cookie") ?? ""),
  };
  const { auth } = fixture.as("", { peer, headers });
  const answer = await auth.login(
    { username: "admin", password: fixture.first?.password ?? "", cookie: true },
    options,
  );
  const cookie = setCookie.split(";")[0] ?? "";
  const with_ = (more: Record<string, string>, at = peer) =>
    fixture.as("", { peer: at, headers: { cookie, ...more } }).auth;
  return { ...fixture, answer, setCookie, cookie, with_ };
}

test("a browser's session is a cookie that scripts do not see, and is not in the answer", async () => {
  const { answer, setCookie, with_ } = await browse();
  expect(answer.token).toBe("");
  expect(setCookie).toMatch(/^__Host-lqx=lqx_[\w-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/);
  expect(await reasonOf(with_(own).whoAmI({}))).toBe("ok");
});

test("without TLS the cookie has another name, and neither counts for the other", async () => {
  const { setCookie, cookie, with_ } = await browse(farAway);
  expect(setCookie).toMatch(/^lqx=lqx_[\w-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
  expect(await reasonOf(with_(own).whoAmI({}))).toBe("ok");
  expect(await reasonOf(with_(own, tls).whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(with_({ ...own, cookie: `a=b; ${cookie}; x__Host-lqx=1` }).whoAmI({}))).toBe("ok");
});

test("a cookie counts only with what our own pages send", async () => {
  const { with_ } = await browse();
  const host = "lqx.example";
  const outcomes = async (headers: Record<string, string>) => reasonOf(with_(headers).whoAmI({}));
  expect(await outcomes({ host, "sec-fetch-site": "none" })).toBe("ok");
  expect(await outcomes({ host, origin: "https://lqx.example" })).toBe("ok");
  const refused: Record<string, string>[] = [
    {},
    { host },
    { host, "sec-fetch-site": "cross-site" },
    { host, "sec-fetch-site": "same-site", origin: "https://lqx.example" },
    { host, origin: "https://evil.example" },
    { host, origin: "https://lqx.example.evil" },
    { host, origin: "null" },
  ];
  for (const headers of refused) expect(await outcomes(headers), JSON.stringify(headers)).toBe("UNAUTHENTICATED");
});

test("a stale cookie is not in the way of a login, and another site logs nobody in", async () => {
  const { first, with_ } = await browse();
  const stale = { ...own, cookie: "__Host-lqx=lqx_stale" };
  const request = { username: "admin", password: first?.password ?? "", cookie: true };
  expect(await reasonOf(with_(stale).whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(with_(stale).login(request))).toBe("ok");
  expect(await reasonOf(with_({ ...stale, "sec-fetch-site": "cross-site" }).login(request))).toBe("UNAUTHENTICATED");
});

test("logging out takes the cookie away, and its session", async () => {
  const { with_ } = await browse();
  let gone = "";
  await with_(own).logout({}, { onHeader: (all) => (gone = all.get("set-cookie") ?? "") });
  expect(gone).toContain("__Host-lqx=; Path=/; Max-Age=0");
  expect(await reasonOf(with_(own).whoAmI({}))).toBe("UNAUTHENTICATED");
});
