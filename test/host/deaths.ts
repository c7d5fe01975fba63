import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root, type Stack } from "./stack.ts";

const run = promisify(execFile);
const lab = process.env["LIMIQUANTIX_LAB_HOST"] ?? "";

export const victimNames = ["control plane", "node daemon", "libvirtd"] as const;
export type Victim = (typeof victimNames)[number];

/** kill -9, and a new one at once. */
export async function dies(stack: Stack, victim: Victim): Promise<void> {
  if (victim === "libvirtd") {
    await run(join(root, "tools/lab/host"), ["kill-libvirtd", lab]);
    await run(join(root, "tools/lab/host"), ["start-libvirtd", lab]);
    return;
  }
  const program = victim === "control plane" ? stack.controlPlane : stack.node;
  await program.kill();
  await program.start();
}

/** Process id and start time of the VM's QEMU: the same as long as the guest was not touched. */
export async function emulatorOf(vmId: string): Promise<string> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.startsWith("/usr/bin/qemu-system") || !command.includes(vmId)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return `${pid} since ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  }
  throw new Error(`no QEMU runs VM ${vmId}`);
}

/** A small seeded generator of 0–1 (mulberry32, public domain, by Tommy Ettinger): a run that fails can be run again. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
