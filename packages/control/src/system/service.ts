import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { SystemInfoSchema, type MetricsHistorySchema, type SystemService } from "@limiquantix/api";
import type { Database } from "../store/database.ts";

/** What this control plane is, as its app knows it. */
export interface SystemFacts {
  version: string;
  /** memory, sqlite. */
  store: string;
  /** Started with --dev. */
  dev: boolean;
}

interface Parts {
  db: Database;
  system: SystemFacts;
  metricsHistory: () => MessageInitShape<typeof MetricsHistorySchema>;
}

export function systemService({ db, system, metricsHistory }: Parts) {
  return {
    getSystemInfo: () =>
      create(SystemInfoSchema, {
        version: system.version,
        store: system.store,
        openLoopback: system.dev,
        revision: BigInt(db.revision),
        metricsHistory: metricsHistory(),
      }),
  } satisfies ServiceImpl<typeof SystemService>;
}
