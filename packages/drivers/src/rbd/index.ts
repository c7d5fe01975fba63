export { RbdOpener } from "./rbd-opener.ts";
export type { RbdHost } from "./rbd-pool.ts";
