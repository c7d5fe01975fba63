import type {
  ConsoleInfo,
  ConsoleLink,
  ConsoleSessions as Present,
  CreateConsoleLinkRequest,
  CreateConsoleLinkResponse,
  GetConsoleRequest,
  GetScreenshotRequest,
  ListConsoleLinksRequest,
  ListConsoleLinksResponse,
  OpenConsoleLinkRequest,
  OpenConsoleLinkResponse,
  RevokeConsoleLinkRequest,
  Screenshot,
  WatchConsoleSessionsRequest,
} from "@limiquantix/api";
import type { Call } from "../rpc/call.ts";
import type { ConsolePeer } from "./bridge.ts";
import type { ConsoleParts } from "./console-parts.ts";
import { guardedConsole, type ConsoleAuthenticator } from "./guarded-console.ts";
import { ConsoleLinks, type ConsoleLinkParts } from "./links.ts";
import { createConsoleLink, listConsoleLinks, openConsoleLink, revokeConsoleLink } from "./rpc/console-links.ts";
import { getConsole } from "./rpc/get-console.ts";
import { Screenshots } from "./screenshots.ts";
import { ConsoleSessions } from "./sessions.ts";
import { ConsoleTickets } from "./tickets.ts";

export type ConsolesParts = Pick<ConsoleParts, "log" | "hosts" | "address"> &
  Omit<ConsoleLinkParts, "accounts"> & { gate: ConsoleAuthenticator };

/** The screens and serial ports of VMs: who may come, who is there, and pictures for who only passes by. */
export class Consoles {
  readonly #parts: ConsoleParts;
  readonly #gate: ConsoleAuthenticator;
  readonly #screenshots: Screenshots;

  constructor(parts: ConsolesParts) {
    const { db, clock, log, hosts, address, gate } = parts;
    const links = new ConsoleLinks({ ...parts, accounts: gate });
    const [tickets, sessions] = [new ConsoleTickets(clock), new ConsoleSessions(clock)];
    this.#parts = { db, clock, log, hosts, tickets, sessions, links, address };
    this.#gate = gate;
    this.#screenshots = new Screenshots(parts);
  }

  getConsole(request: GetConsoleRequest, call: Call): ConsoleInfo {
    return getConsole(this.#parts, request, call);
  }

  getScreenshot(request: GetScreenshotRequest): Promise<Screenshot> {
    return this.#screenshots.get(request);
  }

  watchSessions({ vmId }: WatchConsoleSessionsRequest, call: Call): AsyncGenerator<Present> {
    return this.#parts.sessions.watch(vmId, call.signal);
  }

  createLink(request: CreateConsoleLinkRequest, call: Call): Promise<CreateConsoleLinkResponse> {
    return createConsoleLink(this.#parts, request, call);
  }

  listLinks(request: ListConsoleLinksRequest): ListConsoleLinksResponse {
    return listConsoleLinks(this.#parts, request);
  }

  revokeLink(request: RevokeConsoleLinkRequest, call: Call): Promise<ConsoleLink> {
    return revokeConsoleLink(this.#parts, request, call);
  }

  openLink(request: OpenConsoleLinkRequest, call: Call): OpenConsoleLinkResponse {
    return openConsoleLink(this.#parts, request, call);
  }

  /** Uses a ticket up and answers the way to the console. Throws CONSOLE_TICKET_INVALID. */
  open(ticket: string): (peer: ConsolePeer, signal: AbortSignal) => Promise<void> {
    const { tickets, sessions, links, hosts, log } = this.#parts;
    const grant = tickets.redeem(ticket);
    const { vmId: vm, type, user, viewOnly, linkId } = grant;
    const authenticator = linkId ? links.guard(linkId) : this.#gate;
    return async (peer, signal) => {
      log.info("console opened", { vm, type, user, viewOnly, linkId });
      using _present = sessions.enter(grant);
      await guardedConsole({ hosts, authenticator }, grant, peer, signal);
      log.info("console closed", { vm, type, user, viewOnly, linkId });
    };
  }

  /** Deletes links that have expired. */
  sweep(): Promise<void> {
    return this.#parts.links.sweep();
  }
}
