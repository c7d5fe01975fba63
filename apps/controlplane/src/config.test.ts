import { expect, test } from "vitest";
import { isLoopback, readConfig, UsageError } from "./config.ts";

test("without flags: this machine, the usual port and place", () => {
  expect(readConfig([], {})).toEqual({
    dev: false,
    listen: { host: "127.0.0.1", port: 8080 },
    dataDirectory: "/var/lib/limiquantix/controlplane",
    tls: undefined,
    logLevel: "info",
    rates: { signedIn: { perSecond: 1000, burst: 5000 }, strangers: { perSecond: 20, burst: 100 } },
  });
});

test("how often who may call; --dev does not count", () => {
  expect(readConfig(["--dev"], {})).toMatchObject({ rates: { signedIn: undefined, strangers: undefined } });
  expect(readConfig(["--rate-limit", "0,7"], {})).toMatchObject({
    rates: { signedIn: undefined, strangers: { perSecond: 7, burst: 35 } },
  });
  expect(() => readConfig(["--rate-limit", "7"], {})).toThrow(UsageError);
});

test("--dev keeps nothing, unless told where", () => {
  expect(readConfig(["--dev"], {})).toMatchObject({ dev: true, dataDirectory: undefined });
  expect(readConfig(["--dev", "--data", "/tmp/x"], {})).toMatchObject({ dataDirectory: "/tmp/x" });
});

test("flags come before the environment", () => {
  const env = { LIMIQUANTIX_LISTEN: "[::1]:1", LIMIQUANTIX_CONTROL_DATA: "/a", LIMIQUANTIX_LOG_LEVEL: "debug" };
  expect(readConfig([], env)).toMatchObject({
    listen: { host: "::1", port: 1 },
    dataDirectory: "/a",
    logLevel: "debug",
  });
  expect(readConfig(["--listen", "localhost:2", "--data", "/b"], env)).toMatchObject({
    listen: { host: "localhost", port: 2 },
    dataDirectory: "/b",
  });
});

test.each([
  [["--colour"], "--colour"],
  [["--listen", "8080"], "HOST:PORT"],
  [["--listen", "127.0.0.1:99999"], "HOST:PORT"],
  [["--tls-cert", "x"], "go together"],
  [["--log-level", "loud"], "one of"],
  [["--dev", "--listen", "0.0.0.0:8080"], "not a loopback address"],
  [["--dev", "--listen", "[::]:8080"], "not a loopback address"],
  [["--dev", "--listen", "127.0.0.1.example.com:80"], "not a loopback address"],
])("%j is refused", (args, message) => {
  expect(() => readConfig(args, {})).toThrow(UsageError);
  expect(() => readConfig(args, {})).toThrow(message);
});

test("what is this machine alone", () => {
  for (const own of ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1", "localhost"]) {
    expect(isLoopback(own), own).toBe(true);
  }
  for (const other of ["10.0.0.1", "0.0.0.0", "::", "localhost.evil.example", "127.0.0.1.nip.io", ""]) {
    expect(isLoopback(other), other).toBe(false);
  }
});
