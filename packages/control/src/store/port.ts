/** All that an implementation of the store needs, and nothing else: `@limiquantix/control/store`. */
export * from "./commit-log.ts";
export * from "./store.ts";
export * from "./wakeup.ts";
