import { backoffMs, type Clock, type Log, sleep } from "@limiquantix/kit";
import {
  Affect,
  type DomainRef,
  DomainState,
  ErrorCode,
  isLibvirtError,
  type LibvirtConnection,
  LibvirtDisconnectedError,
  MetadataType,
  uuidToString,
} from "@limiquantix/libvirt";
import { el, printXml } from "../../xml/element.ts";
import { parseXml } from "../../xml/parse.ts";
import { domainRef } from "../domain-ref.ts";

const NAMESPACE = "https://limiquantix.dev/xmlns/hold/1";
/** How long a guest's agent may take over one command. */
export const AGENT_TIMEOUT_SECONDS = 10;
const THAW_ATTEMPTS = 2;
const RETRY = { baseMs: 500, maxMs: 10_000 };

/** How a guest is made to stand still for an instant. */
export interface Hold {
  paused: boolean;
  frozen: boolean;
}

/**
 * Guests that we make stand still, noted in the running domain itself: if this daemon dies meanwhile, the one after it lets
 * them go, as does this one after it lost libvirt.
 */
export class Holds implements Disposable {
  readonly #connection: LibvirtConnection;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Those whose release is somebody's business here. */
  readonly #held = new Set<string>();
  readonly #sweeping = new Map<string, Promise<void>>();
  readonly #listening: Disposable;

  constructor({ connection, clock, log }: { connection: LibvirtConnection; clock: Clock; log: Log }) {
    this.#connection = connection;
    this.#clock = clock;
    this.#log = log;
    this.#listening = connection.onState(() => this.#sweepSoon());
  }

  /** Runs `work` on a guest that is noted as held, and lets it go after that; answers when it went on. */
  async during(vmId: string, hold: Hold, work: () => Promise<void>): Promise<{ releasedAtMs: number }> {
    await this.#sweeping.get(vmId);
    this.#held.add(vmId);
    try {
      await this.#note(domainRef(vmId), hold);
      let releasedAtMs = 0;
      try {
        await work();
      } finally {
        releasedAtMs = await this.#release(domainRef(vmId), hold);
      }
      return { releasedAtMs };
    } catch (error) {
      // If libvirt came back before we gave up on this guest, nobody else looks at it.
      this.#held.delete(vmId);
      this.#sweepSoon();
      throw error;
    } finally {
      this.#held.delete(vmId);
    }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #sweepSoon(): void {
    if (this.#connection.state.state !== "connected") return;
    void this.#sweep().catch((error: unknown) => this.#log.warn("look for held guests", { error }));
  }

  /** Lets go of what an earlier daemon, or this one before it lost libvirt, left. */
  async #sweep(): Promise<void> {
    const ACTIVE = 1;
    const { domains } = await this.#connection.call("CONNECT_LIST_ALL_DOMAINS", { flags: ACTIVE });
    for (const dom of domains) {
      const vmId = uuidToString(dom.uuid);
      if (this.#held.has(vmId) || this.#sweeping.has(vmId)) continue;
      const releasing = this.#releaseLeft(dom).finally(() => this.#sweeping.delete(vmId));
      this.#sweeping.set(vmId, releasing);
    }
    await Promise.all(this.#sweeping.values());
  }

  async #releaseLeft(dom: DomainRef): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const hold = await this.#read(dom);
        if (!hold) return;
        this.#log.warn("a guest was left standing still; it goes on", { vmId: uuidToString(dom.uuid), ...hold });
        await this.#release(dom, hold);
        return;
      } catch (error) {
        if (error instanceof LibvirtDisconnectedError || isLibvirtError(error, ErrorCode.NO_DOMAIN)) return;
        // libvirtd may still be writing its memory.
        this.#log.warn("let a guest go on", { vmId: uuidToString(dom.uuid), attempt, error });
        await sleep(this.#clock, backoffMs(attempt, RETRY), { background: true });
      }
    }
  }

  /** When it went on; a guest that went off meanwhile has nothing to be released from. */
  async #release(dom: DomainRef, { paused, frozen }: Hold): Promise<number> {
    const { state } = await this.#connection.call("DOMAIN_GET_STATE", { dom });
    if (paused && state === DomainState.PAUSED) await this.#connection.call("DOMAIN_RESUME", { dom });
    const releasedAtMs = this.#clock.now();
    if (state === DomainState.SHUTOFF) return releasedAtMs;
    if (frozen) await this.#thaw(dom);
    await this.#note(dom, undefined);
    return releasedAtMs;
  }

  async #thaw(dom: DomainRef): Promise<void> {
    for (let attempt = 1; attempt <= THAW_ATTEMPTS; attempt++) {
      try {
        await this.#connection.call("DOMAIN_AGENT_SET_RESPONSE_TIMEOUT", { dom, timeout: AGENT_TIMEOUT_SECONDS });
        await this.#connection.call("DOMAIN_FSTHAW", { dom });
        return;
      } catch (error) {
        if (!isLibvirtError(error)) throw error;
        this.#log.warn("thaw a guest's file systems", { vmId: uuidToString(dom.uuid), attempt, error });
      }
    }
  }

  async #note(dom: DomainRef, hold: Hold | undefined): Promise<void> {
    const yes = (value: boolean) => (value ? "yes" : "no");
    await this.#connection.call("DOMAIN_SET_METADATA", {
      dom,
      type: MetadataType.ELEMENT,
      metadata: hold && printXml(el("hold", { paused: yes(hold.paused), frozen: yes(hold.frozen) })).trim(),
      key: hold && "lqxhold",
      uri: NAMESPACE,
      flags: Affect.LIVE,
    });
  }

  async #read(dom: DomainRef): Promise<Hold | undefined> {
    try {
      const args = { dom, type: MetadataType.ELEMENT, uri: NAMESPACE, flags: Affect.LIVE };
      const node = parseXml((await this.#connection.call("DOMAIN_GET_METADATA", args)).metadata);
      return { paused: node.attribute("paused") === "yes", frozen: node.attribute("frozen") === "yes" };
    } catch (error) {
      const gone =
        isLibvirtError(error, ErrorCode.NO_DOMAIN_METADATA) || isLibvirtError(error, ErrorCode.OPERATION_INVALID);
      if (gone) return undefined;
      throw error;
    }
  }
}
