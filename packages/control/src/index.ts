export * from "./store/database.ts";
export * from "./store/store.ts";
export * from "./store/table.ts";
export * from "./tables.ts";
export * from "./rpc/call.ts";
export * from "./rpc/context.ts";
export * from "./rpc/interceptors.ts";
export * from "./rpc/mutate.ts";
