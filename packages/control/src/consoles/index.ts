export type { ConsolePeer } from "./bridge.ts";
export { guardedConsole } from "./guarded-console.ts";
export { getConsole, type PublicAddress } from "./rpc/get-console.ts";
export { ConsoleTickets, type ConsoleGrant } from "./tickets.ts";
