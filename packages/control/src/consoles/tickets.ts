import { problem, Reason } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Caller } from "../access/authorise.ts";
import { hashSecret, randomText } from "../identity/secrets.ts";

export const ticketMs = 60_000;
const mostTickets = 10_000;

/** What a ticket opens. */
export interface ConsoleGrant {
  vmId: string;
  nodeId: string;
  type: "VNC" | "SERIAL";
  /** What is typed and pointed at goes no further. */
  viewOnly: boolean;
  /** What the connection is called among those of its VM. */
  sessionId: string;
  /** The link that they came by; empty: with an account of their own. */
  linkId: string;
  /** Who asked for it, for the log. */
  user: string;
  /** The same as the gate knows them: a ticket, and an open console, is good only while they may have it. */
  caller: Caller;
}

/** Console tickets: good once, for a minute, in memory only. A restart makes them void, as it does the consoles. */
export class ConsoleTickets {
  readonly #clock: Clock;
  readonly #grants = new Map<string, { grant: ConsoleGrant; expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(grant: ConsoleGrant): { ticket: string; expiresAt: number } {
    this.#forgetExpired();
    const ticket = randomText(32);
    const expiresAt = this.#clock.now() + ticketMs;
    this.#grants.set(hashSecret(ticket), { grant, expiresAt });
    return { ticket, expiresAt };
  }

  /** Uses the ticket up. Throws CONSOLE_TICKET_INVALID. */
  redeem(ticket: string): ConsoleGrant {
    const key = hashSecret(ticket);
    const found = this.#grants.get(key);
    this.#grants.delete(key);
    if (!found || found.expiresAt <= this.#clock.now()) throw problem(Reason.CONSOLE_TICKET_INVALID);
    return found.grant;
  }

  /** Tickets are in the order of their expiry; beyond a bound the oldest go, expired or not. */
  #forgetExpired(): void {
    for (const [key, { expiresAt }] of this.#grants) {
      if (expiresAt > this.#clock.now() && this.#grants.size < mostTickets) return;
      this.#grants.delete(key);
    }
  }
}
