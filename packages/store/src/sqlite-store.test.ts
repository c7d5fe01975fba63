import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeSuite } from "@limiquantix/control/store-suite";
import { afterAll } from "vitest";
import { SqliteStore } from "./sqlite-store.ts";

const folder = await mkdtemp(join(tmpdir(), "lqx-store-"));
afterAll(() => rm(folder, { recursive: true }));
let files = 0;

storeSuite("sqlite", (options) => SqliteStore.open({ path: join(folder, `suite-${files++}.db`), ...options }));
