export { IscsiOpener } from "./iscsi-opener.ts";
export type { IscsiHost } from "./iscsi-opener.ts";
