import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { debianImage } from "./debian-image.ts";
import { ensureImage, openCache } from "./image-cache.ts";
import { run } from "./run.ts";
import { writeFatSeed } from "./testing/fat-seed.ts";
import { bootGuest } from "./testing/qemu-guest.ts";

/** A first boot of a whole Debian under emulation, on a busy machine. */
const BOOT_TIMEOUT_MS = 600_000;

let folder: string;
let image: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "debian-"));
  const cache = openCache(readConfig(["debian"]).cacheFolder);
  image = await ensureImage(cache, await debianImage(cache));
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it(
  "the Debian image runs cloud-init: user, key, host name, network and a root file system grown to its disk",
  async () => {
    const keyFile = join(folder, "key");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", keyFile]);
    const key = (await readFile(`${keyFile}.pub`, "utf8")).trim();
    const seed = await writeFatSeed(folder, {
      "meta-data": "instance-id: i-1\n",
      "user-data": `#cloud-config\nhostname: web-1\nusers:\n  - name: ada\n    shell: /bin/bash\n    ssh_authorized_keys: ["${key}"]\n`,
      "network-config": "version: 2\nethernets:\n  eth0:\n    dhcp4: true\n",
    });
    const disk = join(folder, "disk.qcow2");
    await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", disk, "4G"]);
    const place = { folder: join(folder, "guest"), disk, seed, sshPort: 42_311 };
    await using guest = await bootGuest({ ...place, memoryMiB: 512, bootTimeoutMs: BOOT_TIMEOUT_MS });
    const facts = await guest.ssh(
      "id -un; hostname; . /etc/os-release; echo $ID $VERSION_ID; df --output=size -BG / | tail -n1",
      {
        user: "ada",
        keyFile,
      },
    );
    expect(
      facts
        .split("\n")
        .map((line) => line.trim())
        .slice(0, 4),
    ).toEqual(["ada", "web-1", "debian 12", "4G"]);
  },
  BOOT_TIMEOUT_MS + 60_000,
);
