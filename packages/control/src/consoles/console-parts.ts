import type { Clock, Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Peer } from "../rpc/context.ts";
import type { Database } from "../store/database.ts";
import type { ConsoleLinks } from "./links.ts";
import type { ConsoleSessions } from "./sessions.ts";
import type { ConsoleTickets } from "./tickets.ts";

/** Where clients reach this control plane, as its app knows it. */
export interface PublicAddress {
  host: string;
  port: number;
  tls: boolean;
}

/** What the RPCs of consoles work with. */
export interface ConsoleParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
  tickets: ConsoleTickets;
  sessions: ConsoleSessions;
  links: ConsoleLinks;
  address: (peer: Peer) => PublicAddress;
}
