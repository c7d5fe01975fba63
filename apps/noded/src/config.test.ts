import { expect, test } from "vitest";
import { readConfig, UsageError } from "./config.ts";

test("the quick start's flags", () => {
  const args = ["--dev", "--listen", "127.0.0.1:9090", "--control-plane", "http://127.0.0.1:8080", "--register"];
  expect(readConfig(args, {})).toMatchObject({
    dev: true,
    hypervisor: "sim",
    listen: { host: "127.0.0.1", port: 9090 },
    registration: { joinToken: "" },
    dataDirectory: undefined,
  });
});

test("without --dev it is libvirt, and the identity is kept", () => {
  expect(readConfig([], {})).toMatchObject({ hypervisor: "libvirt", dataDirectory: "/var/lib/limiquantix/node" });
  expect(readConfig(["--dev", "--hypervisor", "libvirt"], {})).toMatchObject({ hypervisor: "libvirt" });
  expect(readConfig(["--hypervisor", "sim"], {})).toMatchObject({ hypervisor: "sim", dev: false });
});

test("the command that lqx node join-command prints", () => {
  const config = readConfig(["join", "https://10.0.0.5:8443", "--token", "lqxjoin_a.b", "--no-start"], {});
  expect(config).toMatchObject({ dev: false, join: true, start: false, listen: undefined });
  expect(config).toMatchObject({ registration: { joinToken: "lqxjoin_a.b" } });
});

test.each([
  [["join"], "join https://HOST:PORT"],
  [["join", "https://a"], "needs --token"],
  [["join", "http://127.0.0.1:8080", "--token", "t"], "https://"],
  [["join", "https://a", "--token", "t", "--dev"], "leave --dev away"],
  [["serve"], "no command serve"],
  [["--no-start"], "go with join"],
  [["--dev", "--listen", "0.0.0.0:9090"], "not a loopback address"],
  [["--register"], "needs --control-plane"],
  [["--register", "--control-plane", "http://10.0.0.1:8080"], "https://"],
  [["--register", "--control-plane", "nonsense"], "https://"],
  [["--hypervisor", "xen"], "sim, libvirt"],
  [["--listen", "9090"], "HOST:PORT"],
  [["--nonsense"], "nonsense"],
  [["--join-token-file", "/", "--register", "--control-plane", "https://a"], "--join-token-file /"],
])("%j is refused", (args, message) => {
  expect(() => readConfig(args, {})).toThrow(UsageError);
  expect(() => readConfig(args, {})).toThrow(message);
});
