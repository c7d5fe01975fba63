import { problem, Reason } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { join } from "node:path";
import { ifExists } from "../files/errno.ts";
import type { NfsStore } from "./nfs-store.ts";

export const OWNERS = "owners";

interface Owner {
  host: string;
  /** ISO 8601. */
  since: string;
}

/**
 * Which host has which volume: a file for each that is attached, which of several hosts one alone can make (LINK). NFSv3
 * as QEMU speaks it knows no locks, and nothing keeps a host that is cut off from writing. So no host ever takes a volume
 * that another one has: that one lets go of it, or an operator who knows that it is off removes the file.
 */
export class NfsOwners {
  readonly #store: NfsStore;
  readonly #directory: string;
  readonly #host: string;
  readonly #clock: Clock;

  constructor(parts: { store: NfsStore; root: string; host: string; clock: Clock }) {
    this.#store = parts.store;
    this.#directory = join(parts.root, OWNERS);
    this.#host = parts.host;
    this.#clock = parts.clock;
  }

  /** VM_LOCKED_ELSEWHERE. */
  async take(volumeId: string): Promise<void> {
    const path = this.#path(volumeId);
    for (;;) {
      const owner = await this.#ownerOf(volumeId);
      if (owner?.host === this.#host) return;
      if (owner) throw lockedElsewhere(volumeId);
      const mine: Owner = { host: this.#host, since: new Date(this.#clock.now()).toISOString() };
      const temporary = `${path}.${this.#host}.new`;
      await this.#store.write(temporary, JSON.stringify(mine), ".part");
      try {
        if (await this.#store.link(temporary, path)) return;
      } finally {
        await this.#store.remove(temporary);
      }
    }
  }

  async letGo(volumeId: string): Promise<void> {
    if ((await this.#ownerOf(volumeId))?.host === this.#host) await this.#store.remove(this.#path(volumeId));
  }

  /** VM_LOCKED_ELSEWHERE. */
  async assertNotElsewhere(volumeId: string): Promise<void> {
    const owner = await this.#ownerOf(volumeId);
    if (owner && owner.host !== this.#host) throw lockedElsewhere(volumeId);
  }

  async #ownerOf(volumeId: string): Promise<Owner | undefined> {
    const text = await ifExists(this.#store.readAll(this.#path(volumeId)));
    return text && (JSON.parse(text.toString("utf8")) as Owner);
  }

  #path(volumeId: string): string {
    return join(this.#directory, volumeId);
  }
}

function lockedElsewhere(volumeId: string) {
  return problem(Reason.VM_LOCKED_ELSEWHERE, { vm: `of volume ${volumeId}` });
}
