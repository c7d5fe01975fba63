import { joinTokens, nodeCredentials, tokens, users } from "./identity/tables.ts";
import { idempotency } from "./rpc/idempotency-table.ts";
import type { Table } from "./store/table.ts";
import { tombstones } from "./vms/tombstone.ts";
import { events, images, networks, nodes, pools, tasks, vms } from "./tables.ts";

/** Every table of the control plane, to open a database with. */
export const allTables = [
  vms,
  tombstones,
  nodes,
  images,
  pools,
  networks,
  tasks,
  events,
  users,
  tokens,
  joinTokens,
  nodeCredentials,
  idempotency,
] as unknown as readonly Table[];
