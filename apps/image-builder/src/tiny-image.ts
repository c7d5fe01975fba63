import { mkdir, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { aptState, type DebFile, downloadDebs, findDebs, libraryClosure, resolveMetapackage } from "./apt.ts";
import { mtoolsEnvironment } from "./config.ts";
import { createSparse, toQcow2, writeEsp, writeGptDisk } from "./disk.ts";
import { digestRecipe, type ImageCache, type Ingredients } from "./image-cache.ts";
import { run } from "./run.ts";
import { kernelVersion, writeTinyRoot } from "./tiny-root.ts";

const MIB = 1024 * 1024;
const SECTORS_PER_MIB = 2048;
const DATA_MIB = 64;
const commandLine = "console=tty0 console=ttyS0,115200n8 quiet";

const programPackages = ["busybox-static", "dropbear-bin", "qemu-guest-agent", "opendoas", "libpam-modules"];
const bootPackages = ["systemd-boot-efi", "syslinux", "syslinux-common"];

/**
 * The smallest guest that behaves like a cloud image: Debian's cloud kernel with busybox, SSH, DHCP, a NoCloud reader
 * and qemu-guest-agent, all in the initramfs; boots by BIOS and UEFI. Its packages come at this machine's release.
 */
export async function tinyImage(cache: ImageCache): Promise<Ingredients> {
  const assets = join(import.meta.dirname, "../assets/tiny/root");
  const recipe = await digestRecipe(["tiny-image.ts", "tiny-root.ts", "kernel-modules.ts", "disk.ts"], assets);
  let packages: string[] = [];
  let debs: DebFile[] = [];
  return {
    name: "tiny",
    quick: recipe + (await aptState()),
    async exact() {
      const kernel = await resolveMetapackage("linux-image-cloud-amd64", /^linux-image-/);
      packages = [kernel, ...programPackages, ...bootPackages, ...(await libraryClosure(programPackages))];
      debs = await findDebs(packages);
      return recipe + debs.map(({ digest }) => digest).join("\n");
    },
    async build(path, scratch) {
      await downloadDebs(packages, cache.packages);
      const unpacked = join(scratch, "packages");
      for (const { fileName } of debs) await run("dpkg-deb", ["-x", join(cache.packages, fileName), unpacked]);
      const root = join(scratch, "root");
      await mkdir(root);
      await writeTinyRoot(unpacked, assets, root);
      const kernel = join(unpacked, "boot", `vmlinuz-${await kernelVersion(unpacked)}`);
      const initrd = await packInitrd(root, scratch);
      await assembleDisk({ kernel, initrd, unpacked, scratch, path });
    },
  };
}

async function packInitrd(root: string, scratch: string): Promise<string> {
  const archive = join(scratch, "initrd.cpio");
  const pack = 'cd "$0" && find . -print0 | LC_ALL=C sort -z | cpio --quiet -0 -o -H newc -R 0:0 --reproducible >"$1"';
  await run("sh", ["-c", pack, root, archive]);
  await run("zstd", ["-q", "-12", "-T0", "--rm", archive, "-o", join(scratch, "initrd.img")]);
  return join(scratch, "initrd.img");
}

interface DiskParts {
  readonly kernel: string;
  readonly initrd: string;
  readonly unpacked: string;
  readonly scratch: string;
  readonly path: string;
}

/** One partition boots both ways: SYSLINUX for BIOS and systemd-boot for UEFI share kernel and initramfs. */
async function assembleDisk({ kernel, initrd, unpacked, scratch, path }: DiskParts): Promise<void> {
  const payloadBytes = (await stat(kernel)).size + (await stat(initrd)).size;
  const espMiB = Math.max(20, Math.ceil(payloadBytes / MIB) + 4);
  const esp = join(scratch, "esp.img");
  await writeEsp(esp, espMiB, [
    { from: kernel, to: "/vmlinuz" },
    { from: initrd, to: "/initrd.img" },
    { from: join(unpacked, "usr/lib/systemd/boot/efi/systemd-bootx64.efi"), to: "/EFI/BOOT/BOOTX64.EFI" },
    { text: "timeout 0\ndefault tiny.conf\n", to: "/loader/loader.conf" },
    {
      text: `title tiny\nlinux /vmlinuz\ninitrd /initrd.img\noptions ${commandLine}\n`,
      to: "/loader/entries/tiny.conf",
    },
    {
      text: `SERIAL 0 115200\nDEFAULT tiny\nPROMPT 0\nTIMEOUT 0\nLABEL tiny\n LINUX /vmlinuz\n INITRD /initrd.img\n APPEND ${commandLine}\n`,
      to: "/syslinux/syslinux.cfg",
    },
  ]);
  await run(join(unpacked, "usr/bin/syslinux"), ["--directory", "syslinux", "--install", esp], {
    env: mtoolsEnvironment(),
  });
  const data = join(scratch, "data.img");
  await createSparse(data, DATA_MIB * MIB);
  await run("mke2fs", ["-q", "-t", "ext4", "-L", "tiny-data", "-E", "root_owner=0:0", data]);

  const disk = join(scratch, "disk.img");
  const espSectors = espMiB * SECTORS_PER_MIB;
  await writeGptDisk(disk, (espMiB + DATA_MIB + 2) * MIB, [
    { number: 1, startSector: SECTORS_PER_MIB, sectors: espSectors, typeCode: "ef00", content: esp, bootable: true },
    {
      number: 2,
      startSector: SECTORS_PER_MIB + espSectors,
      sectors: DATA_MIB * SECTORS_PER_MIB,
      typeCode: "8300",
      content: data,
    },
  ]);
  await writeBootCode(disk, await readFile(join(unpacked, "usr/lib/syslinux/mbr/gptmbr.bin")));
  await toQcow2(disk, path);
}

/** The first 440 bytes of a disk are boot code; the partition table of the protective MBR follows them. */
async function writeBootCode(disk: string, code: Buffer): Promise<void> {
  const handle = await open(disk, "r+");
  try {
    await handle.write(code.subarray(0, 440), 0, undefined, 0);
  } finally {
    await handle.close();
  }
}
