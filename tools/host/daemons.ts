import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { endProcess, identify, readPidFile, run, tryRun, waitFor, writePidFile } from "../lib/process.ts";
import { underSystemd } from "./packages.ts";

const daemons = ["virtlogd", "virtlockd", "libvirtd"] as const;
type Daemon = (typeof daemons)[number];

/** Where the daemons that we started ourselves are written down. */
const runDirectory = "/run/limiquantix/libvirt";
const sockets: Record<Daemon, string> = {
  virtlogd: "/run/libvirt/virtlogd-sock",
  virtlockd: "/run/libvirt/virtlockd-sock",
  libvirtd: "/run/libvirt/libvirt-sock",
};

/** Starts libvirt's daemons, or restarts libvirtd when its configuration changed. Guests go on through both. */
export async function ensureDaemons(configChanged: boolean, say: (line: string) => void): Promise<void> {
  if (await underSystemd()) return ensureUnits(configChanged, say);
  await mkdir(runDirectory, { recursive: true, mode: 0o700 });
  // Where libvirt locks a serial port for its console; systemd would have made it.
  await mkdir("/run/lock", { recursive: true });
  if (configChanged) await endProcess(pidFileOf("libvirtd"));
  for (const daemon of daemons) {
    if (await answers(sockets[daemon])) continue;
    say(`starting ${daemon}`);
    await start(daemon);
  }
}

/** Ends the daemons that {@link ensureDaemons} started itself; those of others stay. Guests live on. */
export async function stopDaemons(say: (line: string) => void): Promise<void> {
  for (const daemon of daemons.toReversed()) {
    if (await endProcess(pidFileOf(daemon))) say(`ended ${daemon}`);
  }
}

async function ensureUnits(configChanged: boolean, say: (line: string) => void): Promise<void> {
  if (configChanged) {
    say("restarting libvirtd");
    await run("systemctl", ["restart", "libvirtd.service"]);
  } else if ((await tryRun("systemctl", ["is-active", "--quiet", "libvirtd.socket"])) === undefined) {
    say("starting libvirtd");
    await run("systemctl", ["enable", "--now", "virtlogd.socket", "virtlockd.socket", "libvirtd.socket"]);
  }
}

const pidFileOf = (daemon: Daemon): string => join(runDirectory, `${daemon}.id`);

/** `--daemon` returns when the sockets listen; libvirt's own pid file is locked by it and holds the bare number. */
async function start(daemon: Daemon): Promise<void> {
  const pidFile = join(runDirectory, `${daemon}.pid`);
  if (!(await readPidFile(pidFileOf(daemon)))) await rm(pidFile, { force: true });
  await run(daemon, ["--daemon", "--pid-file", pidFile]);
  const process = await identify(Number(await readFile(pidFile, "utf8")));
  if (!process) throw new Error(`${daemon} ended right after its start; see /var/log/libvirt`);
  await writePidFile(pidFileOf(daemon), process);
  await waitFor(() => answers(sockets[daemon]), { timeoutMs: 10_000, what: `${daemon}'s socket` });
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.on("error", () => resolve(false));
  });
}

/**
 * Forgets what libvirt learnt about another QEMU under the same path; it would start guests with options that this
 * one does not know. Answers whether QEMU changed.
 */
export async function dropStaleCapabilities(): Promise<boolean> {
  const stamp = "/var/cache/libvirt/limiquantix-qemu-version";
  const version = await run(process.arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64", ["--version"]);
  if ((await readFile(stamp, "utf8").catch(() => "")) === version) return false;
  const known = existsSync("/var/cache/libvirt/qemu/capabilities");
  await rm("/var/cache/libvirt/qemu/capabilities", { recursive: true, force: true });
  await mkdir("/var/cache/libvirt", { recursive: true });
  await writeFile(stamp, version);
  return known;
}
