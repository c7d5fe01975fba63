import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { ensureImage, openCache } from "./image-cache.ts";
import { run } from "./run.ts";
import { bootGuest, type QemuGuest } from "./testing/qemu-guest.ts";
import { writeFatSeed } from "./testing/fat-seed.ts";
import { tinyImage } from "./tiny-image.ts";

const PASSWORD = "correct horse";
const BOOT_TIMEOUT_MS = 90_000;

let folder: string;
let image: string;
let keyFile: string;
let seed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiny-"));
  const cache = openCache(readConfig(["tiny"]).cacheFolder);
  image = await ensureImage(cache, await tinyImage(cache));
  keyFile = join(folder, "key");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ada@test", "-f", keyFile]);
  const hash = (await run("openssl", ["passwd", "-6", "-salt", "saltsalt", PASSWORD])).trim();
  seed = await writeFatSeed(folder, {
    "meta-data": "instance-id: i-1\nlocal-hostname: from-meta\n",
    "user-data": `#cloud-config
hostname: web-1
ssh_pwauth: true
users:
  - name: ada
    shell: /bin/bash
    sudo: ALL=(ALL) NOPASSWD:ALL
    lock_passwd: false
    passwd: ${hash}
    ssh_authorized_keys:
      - ${(await readFile(`${keyFile}.pub`, "utf8")).trim()}
write_files:
  - path: /etc/motd.d/one
    content: |
      first
        second
runcmd:
  - echo counted >>/home/ada/boots
  - [sh, -c, 'echo "it''s" > /run/list.new; mv /run/list.new /run/list']
`,
    "network-config":
      "version: 2\nethernets:\n  lan:\n    match: {name: e*}\n    addresses: [10.0.2.15/25]\n    nameservers: {addresses: [10.0.2.3]}\n    routes:\n      - {to: 0.0.0.0/0, via: 10.0.2.2}\n    dhcp4: false\n",
  });
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function overlay(name: string): Promise<string> {
  const path = join(folder, `${name}.qcow2`);
  await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", path]);
  return path;
}

const boot = (
  name: string,
  disk: string,
  more: { seed?: string; uefi?: boolean; sshPort: number },
): Promise<QemuGuest> =>
  bootGuest({ folder: join(folder, name), disk, memoryMiB: 192, bootTimeoutMs: BOOT_TIMEOUT_MS, ...more });

describe("the tiny image", () => {
  it("takes user, password, key, files, commands and network from its seed, and keeps them without it", async () => {
    const disk = await overlay("bios");
    {
      await using guest = await boot("first", disk, { seed, sshPort: 42_301 });
      const ask =
        "id -un; hostname; echo $SHELL; sudo id -u; until [ -e /run/list ]; do sleep 0.1; done; cat /etc/motd.d/one /run/list; ip addr";
      const facts = await guest.ssh(ask, { user: "ada", keyFile });
      expect(facts.split("\n").slice(0, 7)).toEqual(["ada", "web-1", "/bin/bash", "0", "first", "  second", "it's"]);
      expect(facts).toContain("inet 10.0.2.15/25");
      expect(await guest.ssh("id -un", { user: "ada", password: PASSWORD })).toBe("ada\n");

      await guest.waitForConsole(/web-1 login:/);
      guest.typeOnConsole("ada\n");
      await guest.waitForConsole(/Password:/);
      guest.typeOnConsole(`${PASSWORD}\n`);
      guest.typeOnConsole('echo "in as $(id -un)"\n');
      await guest.waitForConsole(/in as ada/);
      await guest.powerDown();
    }
    await using again = await boot("second", disk, { sshPort: 42_302 });
    // Commands belong to the first boot of an instance; homes outlive a reboot.
    expect(await again.ssh("hostname; cat boots", { user: "ada", keyFile })).toBe("web-1\ncounted\n");
  }, 600_000);

  it("boots by UEFI, and without a seed offers no way in but a login prompt", async () => {
    await using guest = await boot("uefi", await overlay("uefi"), { uefi: true, sshPort: 42_303 });
    await guest.waitForConsole(/tiny login:/);
  }, 600_000);
});
