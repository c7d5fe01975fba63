import { create } from "@bufbuild/protobuf";
import { NfsConfigSchema } from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import type { VolumeFixture } from "@limiquantix/node/suites";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { NfsClientPool, type NfsClientPoolOptions } from "../nfs/nfs-client-pool.ts";
import { filePoolFixture, mountedFileSystem, unmount } from "./file-pool-fixture.ts";
import { mergeOnExport } from "./qemu-io.ts";

const run = promisify(execFile);
const lab = join(import.meta.dirname, "../../../../tools/lab/nfs");

/** A real NFSv3 server (tools/lab/nfs) with an export on a file system of its own. */
export class NfsServer implements AsyncDisposable {
  readonly #directory: string;
  readonly fileSystem: string;

  private constructor(directory: string, fileSystem: string) {
    this.#directory = directory;
    this.fileSystem = fileSystem;
  }

  static async up(): Promise<NfsServer> {
    const fileSystem = await mountedFileSystem(["mkfs.ext4", "-q"]);
    const directory = await mkdtemp(join(tmpdir(), "lqx-nfs-"));
    await run(lab, ["up", join(directory, "server"), fileSystem]);
    return new NfsServer(directory, fileSystem);
  }

  async server(is: "stop" | "start"): Promise<void> {
    await run(lab, [is, join(this.#directory, "server")]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(lab, ["down", join(this.#directory, "server")]);
    await rm(this.#directory, { recursive: true });
    await unmount(this.fileSystem);
  }

  /** What a host needs to open a directory of the export. */
  options(path: string, more: Partial<NfsClientPoolOptions> = {}): NfsClientPoolOptions {
    const config = create(NfsConfigSchema, { server: "127.0.0.1", export: path });
    const open = async () => new Set<string>();
    return { pool: newId(), config, host: newId(), open, clock: systemClock, log: silentLog, ...more };
  }

  async fixture(): Promise<VolumeFixture> {
    let options: NfsClientPoolOptions | undefined;
    const opened = async (root: string) => {
      options ??= this.options(root);
      return NfsClientPool.open(options);
    };
    const fixture = await filePoolFixture(this.fileSystem, opened);
    return { ...fixture, merge: mergeOnExport };
  }
}
