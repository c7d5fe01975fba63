import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptState, findDebs, mirrors } from "./apt.ts";
import { toQcow2, writeEsp, writeGptDisk } from "./disk.ts";
import { patchGrub } from "./grub-bios.ts";
import { digestRecipe, type ImageCache, type Ingredients } from "./image-cache.ts";
import { run } from "./run.ts";

export const RELEASE = "bookworm";
const MIB = 1024 * 1024;
const SECTORS_PER_MIB = 2048;
const ESP_MIB = 32;
const ROOT_MIB = 2048;
const CORE_SECTOR = 2048;
const ESP_SECTOR = 4096;
const commandLine = "console=tty0 console=ttyS0,115200n8 net.ifnames=0 quiet";

const packages = `
  linux-image-cloud-amd64 initramfs-tools zstd systemd-sysv dbus udev systemd-resolved systemd-timesyncd libpam-systemd
  cloud-init cloud-guest-utils fdisk gdisk e2fsprogs netplan.io openssh-server qemu-guest-agent sudo
  shim-signed grub-efi-amd64-signed iproute2 iputils-ping ca-certificates curl procps less nano kmod passwd`
  .trim()
  .split(/\s+/);

/**
 * A genuine Debian 12 cloud image from Debian's packages: cloud-init, systemd-networkd by netplan, OpenSSH, guest
 * agent; boots by BIOS, UEFI and Secure Boot. Needs no loop device and mounts no image.
 */
export async function debianImage(cache: ImageCache): Promise<Ingredients> {
  const assets = join(import.meta.dirname, "../assets/debian");
  const recipe = await digestRecipe(["debian-image.ts", "grub-bios.ts", "disk.ts"], assets);
  return {
    name: "debian-12",
    quick: recipe + (await aptState()),
    // On another release the machine's apt names other versions, which still move when Debian's do.
    exact: async () => recipe + (await findDebs(packages)).map(({ digest }) => digest).join("\n"),
    async build(path, scratch) {
      // mmdebstrap's hooks see this folder as root of a namespace of their own.
      await chmod(scratch, 0o755);
      const uuid = randomUUID();
      const root = join(scratch, "root.img");
      const esp = join(scratch, "esp");
      await mkdir(esp);
      await writeRoot({ root, esp, uuid, customize: join(assets, "customize.sh"), cache, scratch });
      await assembleDisk({ root, esp, uuid, path, scratch });
    },
  };
}

interface RootParts {
  readonly root: string;
  readonly esp: string;
  readonly uuid: string;
  readonly customize: string;
  readonly cache: ImageCache;
  readonly scratch: string;
}

async function writeRoot({ root, esp, uuid, customize, cache, scratch }: RootParts): Promise<void> {
  const customized = [customize, esp, uuid, `"${commandLine}"`] as const;
  await writeDebianRoot({ root, uuid, packages, sizeMib: ROOT_MIB, customize: customized, cache, scratch });
}

export interface DebianRoot {
  /** The file to write. */
  readonly root: string;
  readonly uuid: string;
  readonly packages: readonly string[];
  readonly sizeMib: number;
  /** A script that is given the root and these words when all packages are in. */
  readonly customize: readonly [script: string, ...words: string[]];
  readonly cache: ImageCache;
  readonly scratch: string;
}

/** Installs the packages and writes the root file system straight from the folder that they are in. */
export async function writeDebianRoot(parts: DebianRoot): Promise<void> {
  const { root, uuid, packages, sizeMib, customize, cache, scratch } = parts;
  const archives = join(cache.packages, RELEASE);
  await mkdir(archives, { recursive: true });
  const sources = join(scratch, "sources.list");
  await writeFile(sources, await sourcesList());
  const [script, ...words] = customize;
  // mke2fs -d trips over a mounted /proc; a plain bind of the root hides what is mounted in it.
  const makeFilesystem = `unshare -m sh -c 'mount --bind "$1" "$1/mnt" && exec mke2fs -q -t ext4 -L root -U ${uuid} -E lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0 -d "$1/mnt" ${root} ${sizeMib}M' sh "$1"`;
  const hooks = [
    '--setup-hook=mkdir -p "$1"/var/cache/apt/archives/',
    `--setup-hook=sync-in ${archives} /var/cache/apt/archives/`,
    '--customize-hook=rm -rf "$1"/var/cache/apt/archives/lock "$1"/var/cache/apt/archives/partial',
    `--customize-hook=sync-out /var/cache/apt/archives ${archives}`,
    '--customize-hook=rm -rf "$1"/var/cache/apt/archives/*',
    `--customize-hook=sh ${script} "$1" ${words.join(" ")}`,
    `--customize-hook=${makeFilesystem}`,
  ];
  const excluded = ["doc", "man", "locale"].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`);
  const options = [
    "--variant=minbase",
    '--aptopt=Apt::Install-Recommends "false"',
    `--include=${packages.join(",")}`,
    "--dpkgopt=force-unsafe-io",
    "--skip=download/empty",
    "--skip=essential/unlink",
    "--format=null",
  ];
  await run("mmdebstrap", [...options, ...excluded, ...hooks, RELEASE, "/dev/null", sources]);
}

/** The release from the mirrors that this machine uses itself. */
async function sourcesList(): Promise<string> {
  const { main, security } = await mirrors();
  return [
    `deb ${main} ${RELEASE} main`,
    `deb ${main} ${RELEASE}-updates main`,
    ...(security ? [`deb ${security} ${RELEASE}-security main`] : []),
    "",
  ].join("\n");
}

interface DiskParts {
  readonly root: string;
  readonly esp: string;
  readonly uuid: string;
  readonly path: string;
  readonly scratch: string;
}

/** Partitions as in Debian's own cloud images: 14 GRUB's core, 15 ESP, 1 the root, last so that it can grow. */
async function assembleDisk({ root, esp, uuid, path, scratch }: DiskParts): Promise<void> {
  const grub = `search --no-floppy --fs-uuid --set=root ${uuid}\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n`;
  const espImage = join(scratch, "esp.img");
  await writeEsp(espImage, ESP_MIB, [
    { from: join(esp, "shimx64.efi.signed"), to: "/EFI/BOOT/BOOTX64.EFI" },
    { from: join(esp, "grubx64.efi.signed"), to: "/EFI/BOOT/grubx64.efi" },
    { text: grub, to: "/EFI/debian/grub.cfg" },
  ]);
  const rootSector = ESP_SECTOR + ESP_MIB * SECTORS_PER_MIB;
  const disk = join(scratch, "disk.img");
  await writeGptDisk(disk, (ESP_MIB + ROOT_MIB + 4) * MIB, [
    { number: 14, startSector: CORE_SECTOR, sectors: ESP_SECTOR - CORE_SECTOR, typeCode: "ef02" },
    { number: 15, startSector: ESP_SECTOR, sectors: ESP_MIB * SECTORS_PER_MIB, typeCode: "ef00", content: espImage },
    { number: 1, startSector: rootSector, sectors: ROOT_MIB * SECTORS_PER_MIB, typeCode: "8304", content: root },
  ]);
  await installGrub(disk, grub, scratch);
  await toQcow2(disk, path);
}

async function installGrub(disk: string, script: string, scratch: string): Promise<void> {
  const config = join(scratch, "grub-bios.cfg");
  const coreFile = join(scratch, "core.img");
  await writeFile(config, script);
  const modules = "biosdisk part_gpt ext2 search search_fs_uuid configfile normal linux serial terminal echo".split(
    " ",
  );
  await run("grub-mkimage", ["-O", "i386-pc", "-o", coreFile, "-p", "/boot/grub", "-c", config, ...modules]);
  const { mbr, core } = patchGrub(
    await readFile("/usr/lib/grub/i386-pc/boot.img"),
    await readFile(coreFile),
    CORE_SECTOR,
  );
  const handle = await open(disk, "r+");
  try {
    await handle.write(mbr, 0, undefined, 0);
    await handle.write(core, 0, undefined, CORE_SECTOR * 512);
  } finally {
    await handle.close();
  }
}
