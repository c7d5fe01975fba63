export { bridgeConsole, type ConsolePeer } from "./bridge.ts";
export { getConsole, type PublicAddress } from "./rpc/get-console.ts";
export { ConsoleTickets, type ConsoleGrant } from "./tickets.ts";
