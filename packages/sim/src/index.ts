export * from "./host/sim-drivers.ts";
export { SimFacts } from "./host/sim-facts.ts";
export type { GuestBehaviour } from "./host/sim-guest.ts";
export { SimHost, type HostSize } from "./host/sim-host.ts";
export type { Fetch } from "./host/sim-images.ts";
export * from "./sim-link.ts";
export * from "./sim-process.ts";
export * from "./settle.ts";
export * from "./sim-daemon.ts";
