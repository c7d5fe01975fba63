import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { CloudInitSchema, isProblem, Reason, VmSpecSchema } from "@limiquantix/api";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { mergeCloudConfig } from "./merge.ts";
import { seedFiles } from "./seed-files.ts";

const HASH = "$6$rounds=5000$saltsalt$abcdefghijklmnopqrstuvwxyz0123456789./ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBwTIwVvF9nF4x0eNqYdG0N8T1l0y0rNl3JkJbY5mQ3a ada@example";

const profiles: Record<string, MessageInitShape<typeof CloudInitSchema>> = {
  "named-user": { hostname: "web-1", username: "ada", passwordHash: HASH, sshKeys: [`${KEY}\n`] },
  "default-user": { passwordHash: HASH, sshKeys: [KEY] },
  "keys-only": { username: "ada", sshKeys: [KEY] },
  "own-user-data": {
    username: "ada",
    sshKeys: [KEY],
    userData: [
      "#cloud-config",
      "package_update: yes",
      "packages: [nginx]",
      "users:",
      "  - name: ada",
      "    shell: /bin/zsh",
      "  - name: bob",
      "write_files:",
      "  - path: /etc/motd",
      "    permissions: 0644",
      "    content: |",
      "      two",
      "      lines",
      "runcmd:",
      "  - [systemctl, enable, nginx]",
    ].join("\n"),
  },
  "own-network": {
    networkConfig: [
      "network:",
      "  version: 2",
      "  ethernets:",
      "    eth0:",
      "      addresses: [192.0.2.10/24]",
      "      routes: [{ to: default, via: 192.0.2.1 }]",
    ].join("\n"),
  },
};

test.each(Object.keys(profiles))("the seed of %s", async (profile) => {
  const files = seedOf(profiles[profile] ?? {});
  for (const [name, text] of files) await expect(text).toMatchFileSnapshot(`testdata/${profile}/${name}`);
});

test.each(["", "ada"])("the passwords on a clone's disks stay good, of user %j", (username) => {
  const { vmId, name, defaultUser } = { vmId: "0199", name: "web-2", defaultUser: "debian" };
  const cloudInit = create(CloudInitSchema, { username, waysIn: ["password"] });
  const spec = create(VmSpecSchema, { disks: [{ sourceVolumeId: "vol-1" }], provisioning: { cloudInit } });
  const userData = seedFiles({ vmId, name, spec, defaultUser }).get("user-data") ?? "";
  const { ssh_pwauth, user, users } = parse(userData, { version: "1.1" });
  expect([ssh_pwauth, (user ?? users[0]).lock_passwd]).toEqual([true, false]);
});

test("a clone gets a machine-id of its own, beside what else is written and run", () => {
  const cloudInit = create(CloudInitSchema, { userData: "#cloud-config\nwrite_files: [{ path: /etc/motd }]\n" });
  const spec = create(VmSpecSchema, { disks: [{ sourceVolumeId: "vol-1" }], provisioning: { cloudInit } });
  const vmId = "01980000-0000-7000-8000-00000ABCDEF1";
  const userData = seedFiles({ vmId, name: "web-2", spec, defaultUser: "debian" }).get("user-data") ?? "";
  expect(parse(userData, { version: "1.1" }).write_files).toEqual([
    { path: "/etc/machine-id", permissions: "0444", content: "0198000000007000800000000abcdef1\n" },
    { path: "/etc/motd" },
  ]);
});

test("whatever a string holds, it stays one string", () => {
  const evil = 'x\nruncmd: ["reboot"]\n# "\'{}[]&*!|>%@`';
  const userData = seedOf({ username: "ada", sshKeys: [evil], hostname: evil }).get("user-data") ?? "";
  const parsed = parse(userData, { version: "1.1" });
  expect(parsed.runcmd).toBeUndefined();
  expect(parsed.hostname).toBe(evil);
  expect(parsed.users[0].ssh_authorized_keys).toEqual([evil.trim()]);
});

test("values keep the meaning that YAML 1.1 gives them", () => {
  const userData = seedOf({ userData: "a: yes\nb: 'yes'\nc: 0644\nd: '0644'\n" }).get("user-data") ?? "";
  expect(parse(userData, { version: "1.1" })).toMatchObject({ a: true, b: "yes", c: 0o644, d: "0644" });
});

test("a MAC address of digits is no number of base 60", () => {
  const nics = [{ id: "n", macAddress: "52:54:00:12:34:56" }];
  const files = seedFiles({ vmId: "v", name: "a", spec: create(VmSpecSchema, { nics }), defaultUser: "" });
  const { ethernets } = parse(files.get("network-config") ?? "", { version: "1.1" });
  expect(ethernets.nic0.match.macaddress).toBe("52:54:00:12:34:56");
});

test("a name that is no host name becomes one", () => {
  const meta = seedFiles({ vmId: "v", name: "My_VM.01-", spec: create(VmSpecSchema), defaultUser: "" }).get(
    "meta-data",
  );
  expect(parse(meta ?? "")).toEqual({ "instance-id": "v", "local-hostname": "my-vm-01" });
});

test.each(["- a list", "a: [", "just text", `a: &a [x]\nb: [${"*a, ".repeat(200)}*a]`])(
  "an own user-data that is no map is refused: %s",
  (userData) => {
    expect.assertions(1);
    try {
      seedOf({ userData });
    } catch (error) {
      expect(isProblem(error, Reason.CLOUD_INIT_INVALID)).toBe(true);
    }
  },
);

test("lists that add up are appended, others replaced, maps merged, the later value wins", () => {
  expect(
    mergeCloudConfig(
      { runcmd: ["a"], ntp: { enabled: true, servers: ["x"] }, users: ["default", { name: "a", uid: 1 }] },
      { runcmd: ["b"], ntp: { servers: ["y"] }, users: [{ name: "a", uid: 2 }, { name: "b" }] },
    ),
  ).toEqual({
    runcmd: ["a", "b"],
    ntp: { enabled: true, servers: ["y"] },
    users: ["default", { name: "a", uid: 2 }, { name: "b" }],
  });
});

function seedOf(cloudInit: MessageInitShape<typeof CloudInitSchema>) {
  const spec = create(VmSpecSchema, {
    provisioning: { cloudInit },
    nics: [
      { id: "n0", macAddress: "52:54:00:AA:BB:01" },
      { id: "n1", macAddress: "52:54:00:aa:bb:02", disconnected: true },
    ],
  });
  return seedFiles({ vmId: "0199-vm", name: "web-1", spec, defaultUser: "debian" });
}
