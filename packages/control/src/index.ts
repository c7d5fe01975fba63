export * from "./store/database.ts";
export * from "./store/store.ts";
export * from "./store/table.ts";
export * from "./tables.ts";
