import { MemoryStore } from "./memory-store.ts";
import { storeSuite } from "./store-suite.ts";

storeSuite("memory", async (options) => new MemoryStore(options));
