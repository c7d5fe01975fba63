import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "../assets/tiny/root/usr/share/nocloud/yaml.awk");
const flatten = (yaml: string): string[] =>
  execFileSync("awk", ["-f", script], { input: yaml, encoding: "utf8" })
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace("\t", " = "));

describe("the tiny guest's YAML reader", () => {
  it("reads nested maps and sequences, also at the key's own indent", () => {
    expect(
      flatten(
        "#cloud-config\nusers:\n- name: ada\n  groups:\n    - sudo\n- default\nhostname: web-1 # ours\nssh_pwauth: true\n",
      ),
    ).toEqual([
      "users/0/name = ada",
      "users/0/groups/0 = sudo",
      "users/1 = default",
      "hostname = web-1",
      "ssh_pwauth = true",
    ]);
  });

  it("reads network config: deep maps, then back", () => {
    const yaml =
      "version: 2\nethernets:\n  lan:\n    match:\n      macaddress: 52:54:00:00:00:01\n    addresses:\n      - 10.0.0.5/24\n    routes:\n      - to: 0.0.0.0/0\n        via: 10.0.0.1\n  wan: {dhcp4: true}\n";
    expect(flatten(yaml)).toEqual([
      "version = 2",
      "ethernets/lan/match/macaddress = 52:54:00:00:00:01",
      "ethernets/lan/addresses/0 = 10.0.0.5/24",
      "ethernets/lan/routes/0/to = 0.0.0.0/0",
      "ethernets/lan/routes/0/via = 10.0.0.1",
      "ethernets/wan/dhcp4 = true",
    ]);
  });

  it("reads quoted scalars with escapes", () => {
    expect(flatten(`a: "x: \\"y\\" # z"\nb: 'it''s'\n"c d": 1\ne: "line\\nnext"\n`)).toEqual([
      'a = x: "y" # z',
      "b = it's",
      "c d = 1",
      "e = line\\nnext",
    ]);
  });

  it("reads flow collections, nested and over lines", () => {
    expect(
      flatten(
        'runcmd:\n  - [sh, -c, "echo a, b > /x"]\n  - { name: u, list: [1, "2"],\n      v6: fe80::1 }\nempty: []\n',
      ),
    ).toEqual([
      "runcmd/0/0 = sh",
      "runcmd/0/1 = -c",
      "runcmd/0/2 = echo a, b > /x",
      "runcmd/1/name = u",
      "runcmd/1/list/0 = 1",
      "runcmd/1/list/1 = 2",
      "runcmd/1/v6 = fe80::1",
    ]);
  });

  it("reads JSON, which is YAML", () => {
    expect(flatten('{"hostname":"h","users":[{"name":"a","ssh_authorized_keys":["ssh-ed25519 AAA c"]}]}')).toEqual([
      "hostname = h",
      "users/0/name = a",
      "users/0/ssh_authorized_keys/0 = ssh-ed25519 AAA c",
    ]);
  });

  it("reads literal and folded block scalars", () => {
    expect(
      flatten(
        "runcmd:\n  - |\n    if a; then\n      b\n    fi\n\n  - >-\n    long\n    line\nchpasswd:\n  list: |\n    a:b\n",
      ),
    ).toEqual(["runcmd/0 = if a; then\\n  b\\nfi\\n", "runcmd/1 = long line", "chpasswd/list = a:b\\n"]);
  });

  it("joins plain and quoted scalars that were folded", () => {
    expect(flatten('keys:\n  - ssh-ed25519 AAAA\n    ada@example\n  - "ssh-rsa BBBB\n    bob"\nnext: 1\n')).toEqual([
      "keys/0 = ssh-ed25519 AAAA ada@example",
      "keys/1 = ssh-rsa BBBB bob",
      "next = 1",
    ]);
  });

  it("keeps crypt hashes and null apart", () => {
    expect(flatten("a: $6$rounds=4096$salt$h/./\nb: null\nc: ~\nd:\ne: x\n")).toEqual([
      "a = $6$rounds=4096$salt$h/./",
      "e = x",
    ]);
  });
});
