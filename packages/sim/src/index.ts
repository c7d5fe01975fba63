export { SimUser } from "./sim-user.ts";
export * from "./host/index.ts";
export * from "./sim-link.ts";
export * from "./settle.ts";
export * from "./sim-daemon.ts";
export * from "./cluster.ts";
export * from "./cluster-host.ts";
export { SimControlPlane } from "./sim-control-plane.ts";
