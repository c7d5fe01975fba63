import { expect, test } from "vitest";
import { readConfig, UsageError } from "./config.ts";

test("without flags: this machine, the usual port and place", () => {
  expect(readConfig([], {})).toEqual({
    dev: false,
    listen: { host: "127.0.0.1", port: 8080 },
    https: { listen: { host: "0.0.0.0", port: 8443 }, publicNames: [], certificate: undefined },
    certificateLifeMs: undefined,
    dataDirectory: "/var/lib/limiquantix/controlplane",
    dashboardDirectory: expect.stringMatching(/apps\/dashboard\/dist$/),
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

test("a certificate of one's own, or by ACME", () => {
  expect(readConfig(["--tls-cert", "c", "--tls-key", "k", "--public-name", "a.test"], {})).toMatchObject({
    https: { publicNames: ["a.test"], certificate: { kind: "files", certFile: "c", keyFile: "k" } },
  });
  const acme = ["--acme-directory", "https://acme.test/dir", "--acme-name", "a.test", "--acme-name", "b.test"];
  const httpListen = { host: "0.0.0.0", port: 80 };
  expect(readConfig(acme, {})).toMatchObject({
    https: {
      publicNames: ["a.test", "b.test"],
      certificate: { kind: "acme", names: ["a.test", "b.test"], httpListen },
    },
  });
  expect(readConfig(["--certificate-life", "12h"], {})).toMatchObject({ certificateLifeMs: 12 * 3600_000 });
  expect(readConfig(["--dev"], {})).toMatchObject({ https: undefined });
});

test.each([
  [["--colour"], "--colour"],
  [["--listen", "8080"], "HOST:PORT"],
  [["--listen", "127.0.0.1:99999"], "HOST:PORT"],
  [["--tls-cert", "x"], "go together"],
  [["--log-level", "loud"], "one of"],
  [["--listen", "0.0.0.0:8080"], "come by HTTPS: --https-listen 0.0.0.0:8443"],
  [["--listen", "127.0.0.1.example.com:80"], "this machine only"],
  [["--dev", "--listen", "[::]:8080"], "this machine only"],
  [["--dev", "--https-listen", "0.0.0.0:8443"], "not a loopback address"],
  [["--dev", "--tls-cert", "x", "--tls-key", "y"], "add --https-listen"],
  [["--https-listen", "off", "--acme-directory", "https://acme.test/dir", "--acme-name", "a"], "add --https-listen"],
  [["--acme-directory", "https://acme.test/dir"], "go together"],
  [["--acme-directory", "http://acme.test/dir", "--acme-name", "a"], "https://"],
  [["--public-name", "https://a"], "no port"],
  [["--certificate-life", "90"], "90d"],
  [["--certificate-life", "1s"], "10s at least"],
])("%j is refused", (args, message) => {
  expect(() => readConfig(args, {})).toThrow(UsageError);
  expect(() => readConfig(args, {})).toThrow(message);
});

test("Prometheus: its address and at most one secret, which no cleartext and no list of processes shows", () => {
  const url = "https://prometheus.test:9090/base";
  expect(
    readConfig(["--prometheus-url", url, "--prometheus-token-file", "/t", "--prometheus-ca", "/ca"], {}),
  ).toMatchObject({ prometheus: { url, tokenFile: "/t", basicAuthFile: undefined, caFile: "/ca" } });
  const local = ["--prometheus-url", "http://127.0.0.1:9090", "--prometheus-basic-auth-file", "/b"];
  expect(readConfig(local, {})).toMatchObject({ prometheus: { basicAuthFile: "/b" } });
  const wrong: [string[], string][] = [
    [["--prometheus-ca", "/ca"], "go with --prometheus-url"],
    [["--prometheus-url", "prometheus:9090"], "write https://HOST:9090"],
    [["--prometheus-url", `${url}?q=1`], "write https://HOST:9090"],
    [["--prometheus-url", "https://a:b@prometheus.test"], "holds no password"],
    [["--prometheus-url", "http://prometheus.test", "--prometheus-token-file", "/t"], "cleartext"],
    [[...local, "--prometheus-token-file", "/t"], "either"],
  ];
  for (const [flags, message] of wrong) expect(() => readConfig(flags, {})).toThrow(message);
});
