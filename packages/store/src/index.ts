export * from "./sqlite-store.ts";
export * from "./store-file-error.ts";
