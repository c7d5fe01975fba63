export { NfsError, RpcError } from "./errors.ts";
export { NfsExport } from "./nfs-export.ts";
export type { NfsEntry, NfsExportOptions, NfsFile, NfsSpace } from "./nfs-export.ts";
