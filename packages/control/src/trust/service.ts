import type { ServiceImpl } from "@connectrpc/connect";
import type { CertificateService } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import type { NodeCredentials } from "./node-credentials.ts";

export function certificateService(_parts: { db: Database; clock: Clock; trust: NodeCredentials }) {
  return {} satisfies Partial<ServiceImpl<typeof CertificateService>>;
}
