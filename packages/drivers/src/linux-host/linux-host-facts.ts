import type { NodeMetrics } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { HostDescription, HostFacts } from "@limiquantix/node";
import { randomUUID } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { arch } from "node:os";
import { dirname } from "node:path";
import { writeFileAtomically } from "../files/atomic-file.ts";
import { ifExists } from "../files/errno.ts";
import { describeCpu } from "./describe-cpu.ts";
import { describeNetwork, describeStorage } from "./describe-devices.ts";
import { describeMemory } from "./describe-memory.ts";
import { ownAddresses, ownAddressTowards } from "./own-address.ts";
import { HostUsage } from "./usage.ts";
import { HostFiles } from "./virtual-file.ts";

export interface LinuxHostOptions {
  clock: Clock;
  /** Where the host's own id is kept, if it has no /etc/machine-id. */
  machineIdFile: string;
  /** To find the address by which the host is known; undefined: the first one. */
  controlPlaneUrl: string | undefined;
  /** Told by the operator: it is not looked for then. */
  managementIp?: string | undefined;
  /** Below it are proc, sys and etc; a test has its own. */
  root?: string;
  addresses?: () => ReadonlyMap<string, readonly string[]>;
}

/** What a Linux host tells of itself in /proc, /sys and /etc. Starts no process. */
export class LinuxHostFacts implements HostFacts {
  readonly hostname: string;
  readonly machineId: string;
  readonly bootId: string;
  readonly os: string;
  readonly kernel: string;
  readonly managementIp: string;
  readonly #files: HostFiles;
  readonly #usage: HostUsage;
  readonly #addresses: () => ReadonlyMap<string, readonly string[]>;

  private constructor(identity: Identity, parts: { files: HostFiles; options: LinuxHostOptions }) {
    this.hostname = identity.hostname;
    this.machineId = identity.machineId;
    this.bootId = identity.bootId;
    this.os = identity.os;
    this.kernel = identity.kernel;
    this.managementIp = identity.managementIp;
    this.#files = parts.files;
    this.#usage = new HostUsage(parts.files, parts.options.clock);
    this.#addresses = parts.options.addresses ?? ownAddresses;
  }

  static async read(options: LinuxHostOptions): Promise<LinuxHostFacts> {
    const files = new HostFiles(options.root);
    const [hostname, bootId, kernel, release] = await Promise.all([
      files.text("proc/sys/kernel/hostname"),
      files.text("proc/sys/kernel/random/boot_id"),
      files.text("proc/sys/kernel/osrelease"),
      files.text("etc/os-release"),
    ]);
    const identity = {
      hostname,
      bootId,
      kernel,
      os: prettyName(release),
      machineId: await machineId(files, options.machineIdFile),
      managementIp: options.managementIp ?? (await ownAddressTowards(options.controlPlaneUrl)),
    };
    return new LinuxHostFacts(identity, { files, options });
  }

  async describe(): Promise<HostDescription> {
    const [cpu, memory, storage, network, uptime] = await Promise.all([
      describeCpu(this.#files, arch() === "x64" ? "x86_64" : arch()),
      describeMemory(this.#files),
      describeStorage(this.#files),
      describeNetwork(this.#files, this.#addresses()),
      this.#files.text("proc/uptime"),
    ]);
    return { cpu, memory, storage, network, uptimeSeconds: Math.floor(Number(uptime.split(" ")[0] ?? 0)) };
  }

  async metrics(): Promise<NodeMetrics> {
    return this.#usage.read();
  }
}

type Identity = Pick<HostFacts, "hostname" | "machineId" | "bootId" | "os" | "kernel" | "managementIp">;

/** os-release(5): values are quoted as in a shell. */
function prettyName(release: string): string {
  const value = /^PRETTY_NAME=(.*)$/m.exec(release)?.[1] ?? "Linux";
  return value.replace(/^(["'])(.*)\1$/, "$2").replace(/\\(.)/g, "$1");
}

/** machine-id(5); a host without one gets an id of ours, which stays. */
async function machineId(files: HostFiles, ownFile: string): Promise<string> {
  const given = await files.text("etc/machine-id");
  if (/^[0-9a-f]{32}$/.test(given)) return given;
  const own = (await ifExists(readFile(ownFile, "utf8")))?.trim();
  if (own) return own;
  const made = randomUUID().replaceAll("-", "");
  await mkdir(dirname(ownFile), { recursive: true });
  await writeFileAtomically(ownFile, `${made}\n`);
  return made;
}
