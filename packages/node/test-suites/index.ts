export type { HypervisorFixture } from "./hypervisor-fixture.ts";
export * from "./hypervisor-suite.ts";
export * from "./network-suite.ts";
export { reasonOf } from "./until.ts";
export { SIZE, VolumeBench, work } from "./volume/bench.ts";
export * from "./volume-suite.ts";
