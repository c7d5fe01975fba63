import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { SystemInfoSchema, type SystemService } from "@limiquantix/api";
import type { Database } from "../store/database.ts";

/** What this control plane is, as its app knows it. */
export interface SystemFacts {
  version: string;
  /** memory, sqlite. */
  store: string;
  /** Started with --dev. */
  dev: boolean;
}

export function systemService({ db, system }: { db: Database; system: SystemFacts }) {
  return {
    getSystemInfo: () =>
      create(SystemInfoSchema, {
        version: system.version,
        store: system.store,
        openLoopback: system.dev,
        revision: BigInt(db.revision),
      }),
  } satisfies ServiceImpl<typeof SystemService>;
}
