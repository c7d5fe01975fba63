import type { QemuIoSession } from "../qemu-io-session.ts";
import type { Owner, Write } from "./checker.ts";
import { bytesOf, PLACE_BYTES } from "./places.ts";

/** One that was told that the disk is its own, and writes: the emulator of a guest, as far as storage sees it. */
export class LabWriter {
  readonly session: QemuIoSession;
  readonly #number: number;
  readonly #owner: Owner;
  #next: number;

  constructor(session: QemuIoSession, number: number, owner: Owner) {
    this.session = session;
    this.#number = number;
    this.#owner = owner;
    this.#next = owner.from;
  }

  /** To the next place; one that was not told goes on behind it, as a guest does whose journal has it. */
  async write(): Promise<Write["outcome"]> {
    const place = this.#next++;
    const write: Write = { place, outcome: "unknown" };
    this.#owner.writes.push(write);
    const entry = { place, owner: this.#number, host: this.#owner.host };
    try {
      await this.session.writeHeld(place * PLACE_BYTES, bytesOf(entry));
      write.outcome = "acknowledged";
    } catch (error) {
      if (/write failed/.test(String(error))) write.outcome = "refused";
    }
    return write.outcome;
  }
}
