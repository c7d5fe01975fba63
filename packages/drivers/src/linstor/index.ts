export { LinstorOpener } from "./linstor-opener.ts";
export type { LinstorHost } from "./linstor-pool.ts";
