import { chmod, copyFile, cp, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { moduleFiles } from "./kernel-modules.ts";
import { run } from "./run.ts";

/** Programs from packages, beside busybox; where each goes is where it was. */
const programs = ["usr/sbin/qemu-ga", "usr/sbin/dropbear", "usr/bin/dropbearkey", "usr/bin/doas"];

/** PAM loads its modules by path, so no program's list of libraries names it. */
const pamModule = "security/pam_permit.so";

/** The buses and devices that a VM of ours can have. */
const modules = `
  virtio_pci virtio_net virtio_blk virtio_scsi virtio_console virtio_balloon virtio-rng virtio_mem
  sd_mod sr_mod ata_piix isofs vfat nls_ascii nls_cp437 ext4 button evdev pvpanic-pci
  8021q vsock vmw_vsock_virtio_transport i6300esb`
  .trim()
  .split(/\s+/);

const directories = [
  "bin",
  "sbin",
  "usr/bin",
  "usr/sbin",
  "etc/dropbear",
  "etc/qemu/fsfreeze-hook.d",
  "proc",
  "sys",
  "dev",
  "run",
  "tmp",
];
const moreDirectories = ["root", "data", "mnt", "home", "var/log", "lib64", "lib/x86_64-linux-gnu/security"];

/** The kernel's version in unpacked packages. */
export async function kernelVersion(packages: string): Promise<string> {
  const image = (await readdir(join(packages, "boot"))).find((file) => file.startsWith("vmlinuz-"));
  if (!image) throw new Error("the kernel package holds no boot/vmlinuz");
  return image.slice("vmlinuz-".length);
}

/** Builds the guest's root file system in `root` from unpacked packages and our own files. */
export async function writeTinyRoot(packages: string, assets: string, root: string): Promise<void> {
  for (const directory of [...directories, ...moreDirectories]) await mkdir(join(root, directory), { recursive: true });
  await addBusybox(packages, root);
  await cp(assets, root, { recursive: true, force: true });
  for (const program of programs) await addProgram(packages, program, root);
  await copyFile(libraryFile(packages, pamModule), join(root, "lib/x86_64-linux-gnu", pamModule));
  await addLibraries(packages, libraryFile(packages, pamModule), root);
  await copyFile(loaderOf(packages), join(root, "lib64/ld-linux-x86-64.so.2"));
  await addModules(packages, root);
  const version = await kernelVersion(packages);
  await writeFile(
    join(root, "etc/os-release"),
    `NAME=tiny\nID=tiny\nVERSION_ID=1\nPRETTY_NAME="limiquantix tiny guest (${version})"\n`,
  );
}

async function addBusybox(packages: string, root: string): Promise<void> {
  const busybox = [join(packages, "bin/busybox"), join(packages, "usr/bin/busybox")].find((path) => existsSync(path));
  if (!busybox) throw new Error("busybox-static holds no busybox");
  await copyFile(busybox, join(root, "bin/busybox"));
  // `busybox` itself would be a link to itself, and a package tool has nothing to manage here.
  const without = new Set([
    "busybox",
    "dpkg",
    "dpkg-deb",
    "rpm",
    "rpm2cpio",
    "init",
    "modprobe",
    "poweroff",
    "reboot",
    "halt",
  ]);
  const applets = (await run(busybox, ["--list"])).split("\n").filter((name) => name && !without.has(name));
  for (const applet of applets) await symlink("/bin/busybox", join(root, "bin", applet));
  for (const applet of ["init", "modprobe", "poweroff", "reboot", "halt"])
    await symlink("/bin/busybox", join(root, "sbin", applet));
}

async function addProgram(packages: string, program: string, root: string): Promise<void> {
  await copyFile(join(packages, program), join(root, program));
  // copyFile drops set-user-ID, which doas lives by.
  await chmod(join(root, program), (await stat(join(packages, program))).mode & 0o7777);
  await addLibraries(packages, join(packages, program), root);
}

/** Asks the packages' own loader what a program links to, so that the build machine's libraries play no part. */
async function addLibraries(packages: string, file: string, root: string): Promise<void> {
  const path = libraryFolders(packages).join(":");
  const list = await run(loaderOf(packages), ["--library-path", path, "--list", file]);
  for (const line of list.split("\n")) {
    if (line.includes("not found"))
      throw new Error(`${basename(file)} needs a library that no package brought: ${line.trim()}`);
    const library = /=> (\/\S+)/.exec(line)?.[1];
    if (library) await copyFile(library, join(root, "lib/x86_64-linux-gnu", basename(library)));
  }
}

const libraryFolders = (packages: string): string[] => [
  join(packages, "lib/x86_64-linux-gnu"),
  join(packages, "usr/lib/x86_64-linux-gnu"),
];

function libraryFile(packages: string, name: string): string {
  const found = libraryFolders(packages)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (!found) throw new Error(`no package brought ${name}`);
  return found;
}

function loaderOf(packages: string): string {
  const candidates = [
    join(packages, "lib64/ld-linux-x86-64.so.2"),
    ...libraryFolders(packages).map((folder) => join(folder, "ld-linux-x86-64.so.2")),
  ];
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new Error("libc6 holds no loader");
  return found;
}

async function addModules(packages: string, root: string): Promise<void> {
  const version = await kernelVersion(packages);
  const merged = existsSync(join(packages, "lib/modules")) ? "" : "usr";
  const base = join(packages, merged);
  const from = join(base, "lib/modules", version);
  await run("depmod", ["-b", base, version]);
  const files = moduleFiles(await readFile(join(from, "modules.dep"), "utf8"), modules);
  const to = join(root, "lib/modules", version);
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await copyFile(join(from, file), join(to, file));
    if (file.endsWith(".xz")) await run("xz", ["-d", join(to, file)]);
  }
  for (const list of ["modules.builtin", "modules.order"]) await copyFile(join(from, list), join(to, list));
  await run("depmod", ["-b", root, version]);
  // busybox reads the text forms only.
  for (const file of await readdir(to)) {
    if (/\.bin$|^modules\.(order|symbols)$/.test(file)) await rm(join(to, file));
  }
}
