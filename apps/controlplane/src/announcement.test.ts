import { expect, test } from "vitest";
import { announcement } from "./announcement.ts";

const options = {
  config: { dev: false, dataDirectory: "/data" },
  listening: { host: "::1", port: 8080 },
  https: { url: "https://10.0.0.5:8443", fingerprint: "c0ffee" },
  version: "1.2.3",
  login: { name: "admin", password: "abcde-fghjk" },
};

test("a person at a terminal reads the first password, a log does not", () => {
  expect(announcement({ ...options, terminal: true })).toEqual([
    "limiquantix-controlplane 1.2.3 listening on http://[::1]:8080 (this machine only)",
    "for others: https://10.0.0.5:8443 (certificate authority, SHA-256: c0ffee)",
    "first login: user admin, password abcde-fghjk",
    "(kept in /data/first-login until it is changed)",
  ]);
  expect(announcement({ ...options, terminal: false })).toEqual([
    "limiquantix-controlplane 1.2.3 listening on http://[::1]:8080 (this machine only)",
    "for others: https://10.0.0.5:8443 (certificate authority, SHA-256: c0ffee)",
    "first login: user admin, password in /data/first-login",
  ]);
});

test("what is open or not kept is told", () => {
  const config = { dev: true, dataDirectory: undefined };
  const lines = announcement({ ...options, config, https: undefined, login: undefined, terminal: false });
  expect(lines.slice(1)).toEqual([
    "--dev: OPEN to everybody on this machine; callers need no token",
    "--dev without --data: in memory, nothing is kept after the end",
  ]);
});
