export { LocalVolumes } from "./local-pool/local-volumes.ts";
export type { LocalPoolOptions } from "./local-pool/local-volumes.ts";
export { QemuImg } from "./local-pool/qemu-img.ts";
