import { describe, expect, it } from "vitest";
import { checkReturnTo, withQuery } from "./return-to.ts";

const origin = "https://lqx.example:8443";

describe("where a login may return to", () => {
  it.each([
    ["/", "https://lqx.example:8443/"],
    ["/vms?tab=1#top", "https://lqx.example:8443/vms?tab=1#top"],
    ["https://lqx.example:8443/login", "https://lqx.example:8443/login"],
    ["http://127.0.0.1:40123/done", "http://127.0.0.1:40123/done"],
    ["http://[::1]:40123/", "http://[::1]:40123/"],
    // A browser reads it so too: a path, for all that it looks like an address.
    ["https:evil.example", "https://lqx.example:8443/evil.example"],
  ])("%s", (returnTo, whole) => {
    expect(checkReturnTo(returnTo, origin)).toBe(whole);
  });

  it.each([
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "http://lqx.example:8443/",
    "https://lqx.example/",
    "https://lqx.example:8443.evil.example/",
    "https://lqx.example:8443@evil.example/",
    "https://user@lqx.example:8443/",
    "http://127.0.0.1/",
    "http://localhost:40123/",
    "http://127.0.0.2:40123/",
    "http://127.0.0.1:40123@evil.example/",
    "https://127.0.0.1:40123/",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://",
  ])("not %s", (returnTo) => {
    expect(() => checkReturnTo(returnTo, origin)).toThrow(/returnTo/);
  });
});

it("what a login answers replaces what the address had of it", () => {
  const address = "http://127.0.0.1:4000/?code=mine&keep=1&error=x";
  expect(withQuery(address, { code: "a b", login_id: "l" })).toBe("http://127.0.0.1:4000/?keep=1&code=a+b&login_id=l");
});
