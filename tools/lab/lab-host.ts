import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Conf,
  leaseConf,
  lockdConf,
  plainHostConf,
  plainLibvirtdConf,
  printConf,
} from "../host/libvirt-config.ts";
import { type ProcessIdentity, readPidFile, waitFor } from "../lib/process.ts";
import { insideHost, labDirectory } from "./config.ts";
import { addressOf, createUplink, ensureSwitch, netnsOf, removeSwitch, removeUplink } from "./network.ts";

const here = import.meta.dirname;

/** A lab host's name is also its hostname and a network device (15 characters at most). */
export function checkName(name: string | undefined): string {
  if (!name || !/^[a-z][a-z0-9-]{0,10}$/.test(name))
    throw new Error(`a lab host's name is 1–11 of a–z, 0–9 and "-", and starts with a letter; got ${name ?? "none"}`);
  return name;
}

const directoryOf = (name: string): string => join(labDirectory, name);
const pidFileOf = (name: string): string => join(directoryOf(name), "init.pid");

/** The host's libvirt socket; reachable under this path from inside and from outside the host. */
export const socketOf = (name: string): string => join(directoryOf(name), "run/libvirt/libvirt-sock");

/** Starts a host, or leaves one that runs alone. Resolves when its libvirt answers. */
export async function up(name: string): Promise<void> {
  if (await readPidFile(pidFileOf(name))) return;
  await down(name);
  await ensureSwitch();
  const number = await freeNumber();
  await writeFiles(name, number);
  await writeHostsFile();
  await createUplink(name, number);
  const log = openSync(join(directoryOf(name), "init.log"), "w");
  const namespaces = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child=KILL", "--propagation", "private"];
  const child = spawn(
    "nsenter",
    [`--net=/run/netns/${netnsOf(name)}`, "unshare", ...namespaces, join(here, "init.sh"), directoryOf(name), name],
    { detached: true, stdio: ["ignore", log, log] },
  );
  closeSync(log);
  child.unref();
  await waitFor(async () => child.exitCode !== null || existsSync(join(directoryOf(name), "ready")), {
    timeoutMs: 60_000,
    what: `libvirt in lab host ${name}`,
  });
  if (child.exitCode !== null) {
    const said = await readFile(join(directoryOf(name), "init.log"), "utf8");
    await down(name);
    throw new Error(`lab host ${name} did not start:\n${said}`);
  }
}

/** Cuts a host's power: kills all that runs in it and removes what it left. */
export async function down(name: string): Promise<void> {
  const init = await readPidFile(pidFileOf(name));
  if (init) {
    process.kill(init.pid, "SIGKILL");
    await waitFor(async () => (await readPidFile(pidFileOf(name))) === undefined, {
      timeoutMs: 20_000,
      what: `lab host ${name} to end`,
    });
  }
  await removeUplink(name);
  await rm(directoryOf(name), { recursive: true, force: true });
  if ((await names()).length === 0) await removeSwitch();
}

/** The command line that runs a command in all of the host's namespaces. */
export async function enter(name: string, command: readonly string[]): Promise<{ file: string; args: string[] }> {
  if (insideHost === name) return { file: command[0] ?? "sh", args: command.slice(1) };
  const init = await mustRun(name);
  const flags = ["-m", "-u", "-i", "-n", "-p", `--wdns=${process.cwd()}`];
  return { file: "nsenter", args: ["-t", String(init.pid), ...flags, "--", ...command] };
}

/** What a command in a host finds in its environment. */
export const environmentOf = (name: string): Record<string, string> => ({
  LIMIQUANTIX_LAB_HOST: name,
  LIMIQUANTIX_LIBVIRT_SOCKET: socketOf(name),
});

/** The script that starts and kills libvirt's daemons; it runs inside the host. */
export const libvirtdScript = join(here, "libvirtd.sh");

export async function names(): Promise<string[]> {
  const entries = await readdir(labDirectory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map((entry) => entry.name);
}

async function mustRun(name: string): Promise<ProcessIdentity> {
  const init = await readPidFile(pidFileOf(name));
  if (!init) throw new Error(`lab host ${name} is not up; try: tools/lab/host up ${name}`);
  return init;
}

async function freeNumber(): Promise<number> {
  const taken = new Set(await Promise.all((await names()).map(numberOf)));
  for (let number = 1; number <= 240; number++) if (!taken.has(number)) return number;
  throw new Error("the lab has 240 hosts and no free address");
}

async function numberOf(name: string): Promise<number> {
  return Number(await readFile(join(directoryOf(name), "number"), "utf8").catch(() => "0"));
}

async function writeFiles(name: string, number: number): Promise<void> {
  const directory = directoryOf(name);
  const folders = [
    "run/libvirt",
    "run/limiquantix",
    "var/lib/libvirt/qemu",
    "var/lib/limiquantix",
    "var/log/libvirt/qemu",
  ];
  for (const folder of [...folders, "etc/libvirt/qemu"]) await mkdir(join(directory, folder), { recursive: true });
  // Probing QEMU takes 1.5 s; hosts share what the first one learnt.
  const capabilities = join(labDirectory, ".cache");
  await mkdir(capabilities, { recursive: true });
  await mkdir(join(directory, "var/cache"), { recursive: true });
  await symlink(capabilities, join(directory, "var/cache/libvirt"));
  await writeFile(join(directory, "number"), String(number));
  const etc = join(directory, "etc/libvirt");
  await writeFile(join(etc, "libvirtd.conf"), printConf(libvirtdConf(name, addressOf(number))));
  await writeFile(
    join(etc, "qemu.conf"),
    printConf({ ...plainHostConf, ...leaseConf, ...migrationConf(addressOf(number)) }),
  );
  await writeFile(join(etc, "qemu-lockd.conf"), printConf(lockdConf));
}

/** One file for all hosts: without its own name in it, a host waits 10 s for DNS at every start of a domain. */
async function writeHostsFile(): Promise<void> {
  const lines = ["127.0.0.1 localhost", "::1 localhost"];
  for (const name of await names()) lines.push(`${addressOf(await numberOf(name))} ${name}`);
  for (const name of await names()) await writeFile(join(directoryOf(name), "hosts"), `${lines.join("\n")}\n`);
}

const migrationConf = (address: string): Conf => ({ migration_address: "0.0.0.0", migration_host: address });

function libvirtdConf(name: string, address: string): Conf {
  const digest = createHash("sha256").update(name).digest("hex");
  return {
    // Distinct hosts need distinct ids, else libvirt takes a migration for one to itself.
    host_uuid: `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`,
    ...plainLibvirtdConf,
    listen_tls: 0,
    listen_tcp: 1,
    listen_addr: address,
    auth_tcp: "none",
    log_level: 3,
    log_outputs: "3:file:/var/log/libvirt/libvirtd.log",
  };
}
