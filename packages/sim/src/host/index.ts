/** A simulated host alone: what a daemon needs, without the control plane that the cluster brings. */
export { Lifetime } from "../lifetime.ts";
export * from "./sim-drivers.ts";
export { SimFacts } from "./sim-facts.ts";
export type { GuestBehaviour } from "./sim-guest.ts";
export { SimHost, type HostSize } from "./sim-host.ts";
export type { Fetch } from "./sim-images.ts";
export { SimStorage } from "./sim-storage.ts";
export type { SimVolume } from "./sim-volume.ts";
