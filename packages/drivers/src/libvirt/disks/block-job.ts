import type { Clock } from "@limiquantix/kit";
import {
  BlockJobAbortFlag,
  type DomainRef,
  ErrorCode,
  isLibvirtError,
  type LibvirtConnection,
  uuidToString,
} from "@limiquantix/libvirt";
import type { DiskWork } from "@limiquantix/node";

/** How often progress is looked at; the end is told by an event. */
const LOOK_MS = 500;

/** The job on one disk of a running guest; libvirt allows one at a time, and it outlives libvirtd and us. */
export class BlockJob {
  readonly #connection: LibvirtConnection;
  readonly #clock: Clock;
  readonly #dom: DomainRef;
  readonly #target: string;

  constructor(parts: { connection: LibvirtConnection; clock: Clock }, dom: DomainRef, target: string) {
    this.#connection = parts.connection;
    this.#clock = parts.clock;
    this.#dom = dom;
    this.#target = target;
  }

  /** One of `BlockJobType`; undefined: none runs. */
  async type(): Promise<number | undefined> {
    const job = await this.#info();
    return job.found ? job.type : undefined;
  }

  /**
   * Until the job waits to be ended (`ready`, what is copied is as the disk) or is `gone`, be it done or failed. The
   * signal's reason is thrown, and the job goes on.
   */
  async settled({ signal, onProgress }: DiskWork): Promise<"ready" | "gone"> {
    const vmId = uuidToString(this.#dom.uuid);
    let wake = Promise.withResolvers<void>();
    await using _heard = await this.#connection.subscribe("BLOCK_JOB_2", ({ dom, dst }) => {
      if (dst === this.#target && uuidToString(dom.uuid) === vmId) wake.resolve();
    });
    const onAbort = () => wake.resolve();
    signal.addEventListener("abort", onAbort);
    using _listening = { [Symbol.dispose]: () => signal.removeEventListener("abort", onAbort) };
    for (;;) {
      signal.throwIfAborted();
      const { found, cur, end } = await this.#info();
      if (!found) return "gone";
      // libvirt shows equal numbers for nothing but a mirror that is ready (qemuBlockJobInfoTranslate).
      if (Number(end) > 0 && cur === end) return "ready";
      onProgress(Number(end) > 0 ? Math.floor((Number(cur) / Number(end)) * 100) : 0);
      using _timer = this.#clock.after(LOOK_MS, () => wake.resolve());
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  }

  /** Has the guest go on with the copy. */
  async pivot(): Promise<void> {
    await this.#end(BlockJobAbortFlag.PIVOT);
  }

  /** Ends the job, and the guest stays on what it has; no matter if there is none. */
  async abandon(): Promise<void> {
    try {
      await this.#end(0);
    } catch (error) {
      if (!isLibvirtError(error, ErrorCode.INVALID_ARG) && !isLibvirtError(error, ErrorCode.OPERATION_INVALID))
        throw error;
      if ((await this.type()) !== undefined) throw error;
    }
  }

  async #end(flags: number): Promise<void> {
    await this.#connection.call("DOMAIN_BLOCK_JOB_ABORT", { dom: this.#dom, path: this.#target, flags });
  }

  #info() {
    return this.#connection.call("DOMAIN_GET_BLOCK_JOB_INFO", { dom: this.#dom, path: this.#target });
  }
}
