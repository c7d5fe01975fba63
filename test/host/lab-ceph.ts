import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root, Stack } from "./stack.ts";

const run = promisify(execFile);
const lab = join(root, "tools/lab/ceph");

/** How it is reached. */
interface Cluster {
  conf: string;
  monitor: string;
  pool: string;
  user: string;
  key: string;
}

/** A real Ceph for as long as a test runs. */
export class LabCeph implements AsyncDisposable {
  readonly #directory: string;
  readonly cluster: Cluster;

  private constructor(directory: string, cluster: Cluster) {
    this.#directory = directory;
    this.cluster = cluster;
  }

  static async up(): Promise<LabCeph> {
    const directory = await mkdtemp(join(tmpdir(), "lqx-ceph-"));
    try {
      const { stdout } = await run(lab, ["up", join(directory, "cluster")]);
      return new LabCeph(directory, JSON.parse(stdout) as Cluster);
    } catch (error) {
      await remove(directory);
      throw error;
    }
  }

  /** Declares it as a pool, by the CLI. */
  async add(stack: Stack, name: string): Promise<void> {
    const { monitor, pool, user, key } = this.cluster;
    const args = ["--monitor", monitor, "--pool", pool, "--user", user, "--key-stdin", "--all-nodes"];
    await stack.lqx(["pool", "add", "rbd", name, ...args, "--wait"], key);
  }

  /** What qemu-img calls an image. */
  imageName(source: string): string {
    return `rbd:${source}:conf=${this.cluster.conf}:id=admin`;
  }

  async images(): Promise<string[]> {
    const { conf, pool } = this.cluster;
    return (await run("rbd", ["-c", conf, "ls", pool])).stdout.split("\n").filter(Boolean);
  }

  /** All of it but the manager. */
  async storage(is: "stop" | "start"): Promise<void> {
    for (const daemon of ["mon", "osd"]) await run(lab, [`${is}-${daemon}`, join(this.#directory, "cluster")]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await remove(this.#directory);
  }
}

async function remove(directory: string): Promise<void> {
  await run(lab, ["down", join(directory, "cluster")]);
  await rm(directory, { recursive: true });
}

/** Both at the same time. Where one does not start the other does not stay behind. */
export async function stackWithCeph(): Promise<{ stack: Stack; ceph: LabCeph }> {
  const [stack, ceph] = await Promise.allSettled([Stack.start(), LabCeph.up()]);
  if (stack.status === "fulfilled" && ceph.status === "fulfilled") return { stack: stack.value, ceph: ceph.value };
  const errors: unknown[] = [];
  for (const one of [stack, ceph])
    if (one.status === "fulfilled") await one.value[Symbol.asyncDispose]();
    else errors.push(one.reason);
  throw new AggregateError(errors, "the stack or its Ceph did not start");
}
