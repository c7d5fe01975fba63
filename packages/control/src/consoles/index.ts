export type { ConsolePeer } from "./bridge.ts";
export type { PublicAddress } from "./console-parts.ts";
export { Consoles } from "./consoles.ts";
