import { ensureLockspace } from "@limiquantix/libvirt";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";

export interface LeaseOptions {
  /** Absolute path; the leases are in `<directory>/leases`. Shared by the hosts that share disks. */
  directory: string;
  /** virtlockd's socket. */
  virtlockdSocket: string;
}

export const LOCKSPACE = "leases";

/**
 * One lease per VM, held by virtlockd as long as it runs: a second copy is refused, on this host or another one,
 * whatever disks it has.
 */
export class Leases {
  readonly #options: LeaseOptions;
  readonly #lockspace: string;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#lockspace = join(options.directory, LOCKSPACE);
  }

  get directory(): string {
    return this.#options.directory;
  }

  /** Tells virtlockd of the directory, which it forgets when it is restarted. */
  async ensureLockspace(): Promise<void> {
    await mkdir(this.#lockspace, { recursive: true });
    await ensureLockspace({ address: { socket: this.#options.virtlockdSocket }, path: this.#lockspace });
  }

  /** virtlockd locks a file of the VM's id, which must exist. */
  async ensure(vmId: string): Promise<void> {
    await this.ensureLockspace();
    const handle = await open(join(this.#lockspace, vmId), "a", 0o600);
    await handle.close();
  }

  async delete(vmId: string): Promise<void> {
    await rm(join(this.#lockspace, vmId), { force: true });
  }
}
