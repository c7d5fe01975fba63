import { auditHeads, auditLog, pendingAudit } from "./audit/tables.ts";
import { consoleLinks } from "./consoles/table.ts";
import {
  certificates,
  factors,
  grants,
  groups,
  joinTokens,
  loginPolicies,
  nodeCredentials,
  pendingLogins,
  providers,
  roles,
  tokens,
  users,
} from "./identity/tables.ts";
import { poolSecrets } from "./pools/pool-secrets.ts";
import { usages } from "./projects/usage.ts";
import { vmPurges } from "./recycle-bin/purge-task.ts";
import { recycledVms } from "./recycle-bin/table.ts";
import { idempotency } from "./rpc/idempotency-table.ts";
import { scheduledSnapshots } from "./snapshot-schedules/table.ts";
import type { Table } from "./store/table.ts";
import { schemas } from "./upgrade.ts";
import { tombstones } from "./vms/tombstone.ts";
import {
  clusters,
  events,
  folders,
  images,
  networks,
  nodes,
  pools,
  projects,
  schedules,
  snapshots,
  tasks,
  vms,
  volumes,
} from "./tables.ts";

/** Every table of the control plane, to open a database with. */
export const allTables = [
  vms,
  tombstones,
  recycledVms,
  vmPurges,
  nodes,
  images,
  pools,
  poolSecrets,
  volumes,
  snapshots,
  schedules,
  scheduledSnapshots,
  networks,
  tasks,
  events,
  projects,
  folders,
  clusters,
  usages,
  users,
  groups,
  roles,
  grants,
  tokens,
  factors,
  pendingLogins,
  providers,
  loginPolicies,
  certificates,
  joinTokens,
  nodeCredentials,
  consoleLinks,
  idempotency,
  pendingAudit,
  auditLog,
  auditHeads,
  schemas,
] as unknown as readonly Table[];
