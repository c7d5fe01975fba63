import { isProblem, Reason } from "@limiquantix/api";
import { noAccess, type Principal } from "@limiquantix/control";
import { expect, test } from "vitest";
import { network, RateLimits } from "./rate-limit.ts";

const rate = { perSecond: 1, burst: 6 };
const login = "limiquantix.identity.v1.AuthService/Login";
const list = "limiquantix.compute.v1.VMService/ListVMs";

function until(limited: () => void): number {
  for (let count = 0; count < 1000; count++) {
    try {
      limited();
    } catch (error) {
      expect(isProblem(error, Reason.RATE_LIMITED)).toBe(true);
      return count;
    }
  }
  return Number.POSITIVE_INFINITY;
}

const from = (address: string) => ({ address, loopback: false });

test("strangers are counted by address, and logging in counts for more", () => {
  const limits = new RateLimits({ signedIn: rate, strangers: rate });
  const bare = new Headers();
  expect(until(() => limits.admit({ method: list, headers: bare, peer: from("192.0.2.1") }))).toBe(6);
  expect(until(() => limits.admit({ method: login, headers: bare, peer: from("192.0.2.2") }))).toBe(2);
  const withToken = new Headers({ authorization: "Bearer x" });
  expect(until(() => limits.admit({ method: login, headers: withToken, peer: from("192.0.2.3") }))).toBe(2);
  expect(until(() => limits.admit({ method: list, headers: withToken, peer: from("192.0.2.1") }))).toBe(Infinity);
});

test("users and hosts have a bucket each", () => {
  const limits = new RateLimits({ signedIn: rate, strangers: undefined });
  const call = (principal: Principal) => until(() => limits.caller({ principal, access: noAccess }));
  const user = { kind: "user", name: "ann", tokenId: "t" } as const;
  expect(call({ ...user, id: "1" })).toBe(6);
  expect(call({ ...user, id: "1", tokenId: "another" })).toBe(0);
  expect(call({ ...user, id: "2" })).toBe(6);
  expect(call({ kind: "node", id: "1", name: "host-1" })).toBe(6);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::6", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("%s counts as %s", (address, expected) => expect(network(address)).toBe(expected));
