import {
  type Task,
  Task_State,
  TaskService,
  VMService,
  VmStatus_PowerState as State,
  type VmStatus_StopReason as StopReason,
} from "@limiquantix/api";
import { execFile } from "node:child_process";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { type Count, countingBootSector, readCount } from "../../packages/drivers/src/testing/counting-guest.ts";
import { DiskFiles } from "../../packages/drivers/src/testing/disk-files.ts";
import { type Stack, until } from "./stack.ts";

const run = promisify(execFile);
const IMAGE_BYTES = 48 * 1024 ** 2;

/** How the bytes of a network disk are read beside its VM: what qemu-img calls it, by what libvirt calls it. */
export type NetworkName = (source: string) => string;

/** Where the guests run. */
export interface GuestHost {
  /** More of them, and a lost write shows for longer. */
  slots: number;
  /** How long a guest has for what takes it a moment. */
  patienceMs: number;
  virsh(...args: string[]): Promise<{ stdout: string }>;
  read(disks: DiskFiles, path: string, format: string): Promise<Count>;
}

/** A guest goes round the slots in minutes. */
const here: GuestHost = {
  slots: 65_536,
  patienceMs: 60_000,
  virsh,
  read: (disks, path, format) => readCount(disks, path, format, here.slots),
};

/** VMs of the counting guest, whose disks show every write that was lost. */
export class CountingVms implements AsyncDisposable {
  readonly #stack: Stack;
  readonly #disks: DiskFiles;
  readonly #network: NetworkName;
  readonly #host: GuestHost;

  private constructor(stack: Stack, disks: DiskFiles, network: NetworkName, host: GuestHost) {
    this.#host = host;
    this.#stack = stack;
    this.#disks = disks;
    this.#network = network;
  }

  /** Uploads the guest as the image `counting`. */
  static async make(stack: Stack, network: NetworkName, host = here): Promise<CountingVms> {
    const disks = await DiskFiles.make();
    const file = join(disks.directory, "counting.raw");
    await writeFile(file, countingBootSector(host.slots));
    await truncate(file, IMAGE_BYTES);
    await stack.lqx(["image", "upload", file, "--name", "counting"]);
    return new CountingVms(stack, disks, network, host);
  }

  /** A VM that counts. */
  async create(name: string, pool: string, ...more: string[]): Promise<void> {
    const small = ["--cpu", "1", "--memory", "64MiB", "--disk", "1GiB", "--firmware", "bios", "--no-ssh-key"];
    await this.#stack.lqx(["vm", "create", name, "--image", "counting", "--pool", pool, ...small, ...more, "--wait"]);
    await this.goesOn(name);
  }

  /** One that is off may boot from all of its disks from now on: its BIOS shows the guest no others. */
  async mayBootFromAll(name: string): Promise<void> {
    const { vms } = await this.#stack.client(VMService).listVMs({ name });
    const [vm] = vms;
    const spec = vm!.spec!;
    for (const [at, disk] of spec.disks.entries()) disk.bootIndex = at + 1;
    const updateMask = { paths: ["spec.disks"] };
    await this.ended(await this.#stack.client(VMService).updateVM({ id: vm!.id, spec, updateMask }));
  }

  async find(name: string): Promise<{ id: string; state: State; reason: StopReason | undefined }> {
    const { vms } = await this.#stack.client(VMService).listVMs({ name });
    const [vm] = vms;
    if (!vm) throw new Error(`no VM ${name}`);
    return { id: vm.id, state: vm.status?.state ?? State.UNKNOWN, reason: vm.status?.stopReason };
  }

  async untilState(name: string, state: State, timeoutMs = this.#host.patienceMs): Promise<void> {
    await until(`${name} is ${State[state]}`, async () => (await this.find(name)).state === state, timeoutMs);
  }

  /** How far it counted. One that runs is paused for it: only then all that it wrote is where others see it. */
  async count(name: string, disk = 0): Promise<Count> {
    const { id, state } = await this.find(name);
    const running = state === State.RUNNING;
    const vms = this.#stack.client(VMService);
    // QEMU is PAUSED before it has written everything, and the task has ended after that.
    if (running) await this.ended(await vms.pauseVM({ id }));
    const { path, format } = await this.#source(id, disk);
    const count = await this.#host.read(this.#disks, path, format);
    if (running) await this.ended(await vms.resumeVM({ id }));
    return count;
  }

  /** Until it has done what it was told; throws what went wrong with that. */
  async ended({ task }: { task?: Task }, what = task?.kind ?? "nothing"): Promise<void> {
    const open = [Task_State.QUEUED, Task_State.RUNNING];
    let now = task;
    const isOver = async () => {
      if (task) now = await this.#stack.client(TaskService).getTask({ id: task.id });
      return !now || !open.includes(now.state);
    };
    await until(`${what} has ended`, isOver, 2 * this.#host.patienceMs);
    if (now && now.state !== Task_State.SUCCEEDED)
      throw new Error(`${what} is ${Task_State[now.state]}: ${now.error?.message}`);
  }

  /** How far it counted, with nothing lost. */
  async whole(name: string, disk = 0): Promise<number> {
    const { last, lost } = await this.count(name, disk);
    expect({ name, lost }).toEqual({ name, lost: 0 });
    return last;
  }

  /** Until it has counted on; answers how far, with nothing lost. */
  async goesOn(name: string): Promise<number> {
    const from = await this.whole(name);
    let last = from;
    const counts = async () => (last = await this.whole(name)) > from + 20;
    await until(`${name} counts on from ${from}`, counts, this.#host.patienceMs);
    return last;
  }

  /** Throws with where they differ, unless the disks of two VMs that are off hold the same bytes. */
  async sameBytes(one: string, other: string): Promise<void> {
    const [a, b] = await Promise.all([one, other].map(async (name) => this.#source((await this.find(name)).id, 0)));
    await run("qemu-img", ["compare", "-U", "-f", a!.format, "-F", b!.format, a!.path, b!.path]);
  }

  async #source(id: string, disk: number): Promise<{ path: string; format: string }> {
    const { stdout } = await this.#host.virsh("domblklist", id, "--details");
    const lines = stdout.split("\n").map((line) => line.trim().split(/\s+/));
    const [type, , , source = ""] = lines.filter(([, device]) => device === "disk")[disk] ?? [];
    if (type === "network") return { path: this.#network(source), format: "raw" };
    return { path: source, format: "qcow2" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disks[Symbol.asyncDispose]();
  }
}

export function virsh(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run("virsh", ["-c", `qemu+unix:///system?socket=${process.env["LIMIQUANTIX_LIBVIRT_SOCKET"]}`, ...args]);
}
