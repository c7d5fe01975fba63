import { isProblem, Reason } from "@limiquantix/api";
import { backoffMs, type Clock, type Log, sleep } from "@limiquantix/kit";
import {
  DomainEvent,
  DomainState,
  DomainSuspendedDetail,
  type LibvirtConnection,
  PausedReason,
  uuidToString,
} from "@limiquantix/libvirt";
import { domainRef } from "../domain-ref.ts";
import { readStored } from "../domain-view.ts";

const RETRY = { baseMs: 1000, maxMs: 15_000 };

/**
 * A guest whose storage fails is paused by QEMU, with what it was about to write kept. It is let go on again and again,
 * less and less often, and QEMU tries those writes anew: once the storage is back, the guest is.
 */
export class IoErrors implements AsyncDisposable {
  readonly #connection: LibvirtConnection;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #retrying = new Set<string>();
  /** Those that are to stay paused. */
  readonly #left = new Set<string>();
  readonly #listening: Disposable;
  /** Undefined: whoever knows is not there yet. */
  #mayGoOn: ((vmId: string) => Promise<void>) | undefined;

  private constructor({ connection, clock, log }: { connection: LibvirtConnection; clock: Clock; log: Log }) {
    this.#connection = connection;
    this.#clock = clock;
    this.#log = log;
    this.#listening = connection.onState(({ state }) => {
      if (state === "connected")
        void this.#lookAtAll().catch((error: unknown) => log.warn("look for I/O errors", { error }));
    });
  }

  static async watch(parts: { connection: LibvirtConnection; clock: Clock; log: Log }): Promise<IoErrors> {
    const errors = new IoErrors(parts);
    await parts.connection.subscribe(
      "LIFECYCLE",
      ({ dom, event, detail }) => {
        if (event === DomainEvent.SUSPENDED && detail === DomainSuspendedDetail.IO_ERROR)
          errors.#begin(uuidToString(dom.uuid));
      },
      { signal: errors.#stop.signal },
    );
    return errors;
  }

  /** Asked before each try. Whose disks another host has stays paused: to it, what this guest would write is lost already. */
  guard(mayGoOn: (vmId: string) => Promise<void>): void {
    this.#mayGoOn = mayGoOn;
  }

  /** `leave`: the guest stays paused even when its storage is back. */
  setLeft(vmId: string, leave: boolean): void {
    if (leave) this.#left.add(vmId);
    else if (this.#left.delete(vmId)) this.#begin(vmId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#stop.abort(new Error("the hypervisor driver was closed"));
  }

  /** What was told while nobody listened. */
  async #lookAtAll(): Promise<void> {
    const ACTIVE = 1;
    const { domains } = await this.#connection.call("CONNECT_LIST_ALL_DOMAINS", { flags: ACTIVE });
    for (const { uuid } of domains) if (await this.#hasError(uuidToString(uuid))) this.#begin(uuidToString(uuid));
  }

  #begin(vmId: string): void {
    if (this.#retrying.has(vmId)) return;
    this.#retrying.add(vmId);
    void this.#retry(vmId)
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#log.warn("let a guest go on after an I/O error", { vmId, error });
      })
      .finally(() => this.#retrying.delete(vmId));
  }

  async #retry(vmId: string): Promise<void> {
    const dom = domainRef(vmId);
    const isOurs = async () => (await readStored(this.#connection, dom)).mark !== undefined;
    for (let attempt = 1; ; attempt++) {
      await sleep(this.#clock, backoffMs(attempt, RETRY), { signal: this.#stop.signal, background: true });
      // It runs: the storage is back, or the error has yet to come and is told then.
      if (this.#left.has(vmId) || !(await this.#hasError(vmId)) || !(await isOurs())) return;
      if (await this.#isAllowed(vmId)) await this.#connection.call("DOMAIN_RESUME", { dom });
    }
  }

  async #isAllowed(vmId: string): Promise<boolean> {
    if (!this.#mayGoOn) return false;
    try {
      await this.#mayGoOn(vmId);
      return true;
    } catch (error) {
      if (isProblem(error, Reason.VM_LOCKED_ELSEWHERE)) this.#left.add(vmId);
      this.#log.warn("a guest is not let go on after an I/O error", { vmId, error });
      return false;
    }
  }

  async #hasError(vmId: string): Promise<boolean> {
    const { state, reason } = await this.#connection.call("DOMAIN_GET_STATE", { dom: domainRef(vmId) });
    return state === DomainState.PAUSED && reason === PausedReason.IO_ERROR;
  }
}
