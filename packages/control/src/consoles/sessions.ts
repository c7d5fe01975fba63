import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ConsoleInfo_Type, ConsoleSessionSchema, ConsoleSessionsSchema, type ConsoleSession } from "@limiquantix/api";
import type { ConsoleSessions as Present } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { ConsoleGrant } from "./tickets.ts";

/** Who is at which console right now: in memory, as the connections themselves are. */
export class ConsoleSessions {
  readonly #clock: Clock;
  readonly #open = new Map<string, Map<string, ConsoleSession>>();
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Present until it is disposed of. */
  enter(grant: ConsoleGrant): Disposable {
    const { vmId, sessionId, user, type, viewOnly, linkId } = grant;
    const session = create(ConsoleSessionSchema, {
      id: sessionId,
      userName: user,
      type: ConsoleInfo_Type[type],
      viewOnly,
      since: timestampFromMs(this.#clock.now()),
      linkId,
    });
    const sessions = this.#open.get(vmId) ?? new Map<string, ConsoleSession>();
    this.#open.set(vmId, sessions.set(sessionId, session));
    this.#tell(vmId);
    const leave = () => {
      if (!sessions.delete(sessionId)) return;
      if (sessions.size === 0 && this.#open.get(vmId) === sessions) this.#open.delete(vmId);
      this.#tell(vmId);
    };
    return { [Symbol.dispose]: leave };
  }

  of(vmId: string): Present {
    const sessions = [...(this.#open.get(vmId)?.values() ?? [])];
    return create(ConsoleSessionsSchema, { sessions: sessions.map((each) => clone(ConsoleSessionSchema, each)) });
  }

  /** Those who are there now, and again after each change; a slow reader misses what is over, never the last. */
  async *watch(vmId: string, signal: AbortSignal): AsyncGenerator<Present> {
    let changed = Promise.withResolvers<void>();
    const tell = () => changed.resolve();
    const listeners = this.#listeners.get(vmId) ?? new Set();
    this.#listeners.set(vmId, listeners.add(tell));
    signal.addEventListener("abort", tell, { once: true });
    try {
      while (!signal.aborted) {
        changed = Promise.withResolvers<void>();
        yield this.of(vmId);
        await changed.promise;
      }
    } finally {
      signal.removeEventListener("abort", tell);
      listeners.delete(tell);
      if (listeners.size === 0 && this.#listeners.get(vmId) === listeners) this.#listeners.delete(vmId);
    }
  }

  #tell(vmId: string): void {
    for (const listener of this.#listeners.get(vmId) ?? []) listener();
  }
}
