export { XdrError } from "./error.ts";
export { XdrReader } from "./reader.ts";
export { XdrWriter } from "./writer.ts";
