import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, tryRun } from "../lib/process.ts";
import { backportsStanza, hasSuite, parseAptSources } from "./apt-source.ts";

/** QEMU below 10 corrupts the memory of emulated guests in live migration. */
const MIN_QEMU_MAJOR = 10;

const machine = process.arch === "arm64" ? "arm" : "x86";
/** The last has QEMU's drivers for storage in the network; it is loaded by a QEMU of the same version only. */
const qemuPackages = [`qemu-system-${machine}`, "qemu-utils", "qemu-block-extra"];

/** Debian 13 split libvirt's daemons into packages of their own. */
const splitDaemons = ["libvirt-daemon-log", "libvirt-daemon-lock", "libvirt-daemon-plugin-lockd"];

const commonPackages = [
  // The hypervisor host.
  "libvirt-daemon-system",
  "libvirt-daemon-driver-qemu",
  "libvirt-clients",
  machine === "arm" ? "qemu-efi-aarch64" : "ovmf",
  "dnsmasq-base",
  // What strangers' disk images are converted in.
  "bubblewrap",
  "iptables",
  "iproute2",
  // Pools on NFS exports.
  "nfs-common",
  // Pools on iSCSI LUNs.
  "open-iscsi",
  "multipath-tools",
  "lvm2",
  "thin-provisioning-tools",
  // What the quick start and the checks of our domain XML call.
  "openssh-client",
  "ca-certificates",
  "curl",
  "jq",
  "libxml2-utils",
  // The image builder.
  "mmdebstrap",
  "gdisk",
  "mtools",
  "dosfstools",
  "e2fsprogs",
  "cpio",
  "xz-utils",
  "zstd",
  "kmod",
  ...(machine === "arm" ? [] : ["grub-pc-bin", "grub-common"]),
];

/** What the tests run for themselves: servers, a Ceph cluster, a browser, a desktop's screen and a file system that no host needs. */
const testPackages = [
  "slapd",
  "pebble",
  "prometheus",
  "chromium",
  "xfsprogs",
  "xvfb",
  "xdg-utils",
  "libglib2.0-bin",
  "shared-mime-info",
  "virt-viewer",
  "nfs-ganesha",
  "nfs-ganesha-vfs",
  "rpcbind",
  // On a host that has a pool in a Ceph cluster the last is needed too.
  "ceph-mon",
  "ceph-mgr",
  "ceph-osd",
  "ceph-common",
];

/**
 * Installs the servers that tests start, where they are missing. Debian's own instance of them is neither configured nor
 * started, under systemd neither.
 */
export async function ensureTestPackages(say: (line: string) => void): Promise<void> {
  const installed = await installedVersions(testPackages);
  const missing = testPackages.filter((name) => !installed.has(name));
  if (missing.length === 0) return;
  // slapd's own question (debconf(7)); without a configuration its service has nothing to start with.
  const scratch = await mkdtemp(join(tmpdir(), "limiquantix-setup-"));
  const answers = join(scratch, "answers");
  await writeFile(answers, "slapd slapd/no_configuration boolean true\n");
  await run("debconf-set-selections", [answers]);
  await rm(scratch, { recursive: true });
  // Prometheus comes with a configuration, and would start with the machine: its unit is masked (systemctl(1)).
  if (missing.includes("prometheus")) await tryRun("ln", ["-s", "/dev/null", "/etc/systemd/system/prometheus.service"]);
  const daemons = await holdDaemons({ evenUnderSystemd: true });
  try {
    say(`installing ${missing.join(" ")} for the tests`);
    await apt(["update"]);
    await apt(["install", ...missing]);
  } finally {
    await daemons.release();
  }
}

/** Installs what is missing; answers whether it changed anything. Throws with apt's own words when it cannot. */
export async function ensurePackages(say: (line: string) => void): Promise<boolean> {
  const { codename, system } = await release();
  const packages = codename === "trixie" ? [...commonPackages, ...splitDaemons] : commonPackages;
  const installed = await installedVersions([...qemuPackages, ...packages]);
  const missing = packages.filter((name) => !installed.has(name));
  const missingQemu = qemuPackages.filter((name) => majorOf(installed.get(name)) < MIN_QEMU_MAJOR);
  if (missing.length + missingQemu.length === 0) return false;

  if (codename !== "bookworm" && codename !== "trixie")
    throw new Error(
      `host-setup installs packages on Debian 12 and 13; this is ${system}. Install ${[...missingQemu, ...missing].join(" ")} and start again.`,
    );
  const daemons = await holdDaemons();
  try {
    const backports = missingQemu.length > 0 && codename === "bookworm" ? "bookworm-backports" : undefined;
    if (backports) await ensureBackports(codename);
    say("reading the package lists");
    await apt(["update"]);
    if (missingQemu.length > 0) {
      say(`installing ${missingQemu.join(" ")}${backports ? ` from ${backports}` : ""}`);
      await apt(["install", ...(backports ? ["-t", backports] : []), ...missingQemu]);
    }
    if (missing.length > 0) {
      say(`installing ${missing.join(" ")}`);
      await apt(["install", ...missing]);
    }
  } finally {
    await daemons.release();
  }
  return true;
}

/** The version of each installed package among `names`, in one call. */
async function installedVersions(names: readonly string[]): Promise<Map<string, string>> {
  // dpkg-query fails when it does not know one of the names, and still lists the others.
  const format = "${Package} ${db:Status-Status} ${Version}\\n";
  const query = ["-c", 'dpkg-query --show --showformat="$0" -- "$@" 2>/dev/null; true', format, ...names];
  const versions = new Map<string, string>();
  for (const line of (await run("sh", query)).split("\n")) {
    const [name, status, version] = line.split(" ");
    if (name && version && status === "installed") versions.set(name, version);
  }
  return versions;
}

/** `1:10.0.2+ds-2` → 10; nothing installed → 0. */
function majorOf(version: string | undefined): number {
  return Number(/^(?:\d+:)?(\d+)/.exec(version ?? "")?.[1] ?? 0);
}

/** What os-release(5) says of this system. */
async function release(): Promise<{ codename: string; system: string }> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(text)?.[1] ?? "";
  return { codename, system: /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "an unknown system" };
}

/** Adds `<codename>-backports` from the machine's own mirror, unless some source has it. */
async function ensureBackports(codename: string): Promise<void> {
  const folder = "/etc/apt/sources.list.d";
  const listed = await readdir(folder).catch(() => []);
  const files = [
    "/etc/apt/sources.list",
    ...listed.filter((file) => /\.(list|sources)$/.test(file)).map((file) => join(folder, file)),
  ];
  const texts = await Promise.all(
    files.map(async (file) => parseAptSources(file, await readFile(file, "utf8").catch(() => ""))),
  );
  const sources = texts.flat();
  if (hasSuite(sources, `${codename}-backports`)) return;
  const stanza = backportsStanza(sources, codename);
  if (!stanza)
    throw new Error(
      `no apt source for ${codename} main found; add ${codename}-backports by hand, QEMU ${MIN_QEMU_MAJOR} comes from it`,
    );
  const origin = "# Written by limiquantix tools/host-setup: this machine's own mirror, for QEMU alone.\n";
  await writeFile(join(folder, "limiquantix-backports.sources"), origin + stanza);
}

async function apt(args: readonly string[]): Promise<void> {
  const options = [
    "-q",
    "-y",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=300",
    "-o",
    "Dpkg::Options::=--force-confold",
  ];
  await run("apt-get", [...options, ...args], { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}

/**
 * Keeps package scripts from starting daemons where no systemd would look after them: invoke-rc.d asks
 * /usr/sbin/policy-rc.d, and exit 101 forbids (invoke-rc.d(8)). One that the machine has stays as it is.
 */
async function holdDaemons(options: { evenUnderSystemd?: boolean } = {}): Promise<{ release(): Promise<void> }> {
  const policy = "/usr/sbin/policy-rc.d";
  const taken = (await readFile(policy).catch(() => undefined)) !== undefined;
  if (taken || (!options.evenUnderSystemd && (await underSystemd()))) return { release: async () => {} };
  await mkdir("/usr/sbin", { recursive: true });
  await writeFile(policy, "#!/bin/sh\nexit 101\n");
  await chmod(policy, 0o755);
  return { release: () => rm(policy, { force: true }) };
}

/** Whether systemd is this machine's init (sd_booted(3)). */
export async function underSystemd(): Promise<boolean> {
  return (await tryRun("test", ["-d", "/run/systemd/system"])) !== undefined;
}
