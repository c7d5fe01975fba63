import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  InventoryUpdateSchema,
  UpdateType,
  type Event,
  type InventoryService,
  type InventoryUpdate,
  type Node,
  type Privilege,
  type Project,
  type Snapshot,
  type VirtualMachine,
} from "@limiquantix/api";
import type { Access } from "../access/access.ts";
import type { ObjectKind, RowOf } from "../access/inventory.ts";
import { findEvents } from "../events/find-events.ts";
import type { NodeVitals } from "../nodes/vitals.ts";
import { followingUsage } from "../projects/following-usage.ts";
import { withUsage } from "../projects/project.ts";
import { callOf } from "../rpc/context.ts";
import type { Database } from "../store/database.ts";
import type { Table } from "../store/table.ts";
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
} from "../tables.ts";
import { isOpen } from "../tasks/task.ts";
import { publicVm } from "../vms/redact.ts";
import { watchTables, type WatchedTable } from "../watch/watch-tables.ts";

/** How many events, and tasks that have ended, a snapshot begins with. */
const newest = 100;

export function inventoryService({ db, vitals }: { db: Database; vitals: NodeVitals }) {
  return {
    async *watchInventory({ fromRevision }, context) {
      const { access, signal } = callOf(context);
      const options = { from: Number(fromRevision), signal, access };
      let snapshot = fromRevision === 0n;
      for await (const { type, kind, row, revision } of watchTables(
        followingUsage(db),
        watchedBy(db, access),
        options,
      )) {
        if (type === UpdateType.RESET) snapshot = true;
        // Events are not held in memory. The subscription is older than this question: none falls between the two.
        if (type === UpdateType.SYNCED && snapshot) {
          snapshot = false;
          for (const event of await newestEvents(db, access)) {
            yield create(InventoryUpdateSchema, { type: UpdateType.ADDED, object: { case: "event", value: event } });
          }
        }
        const object = row ? objectOf(kind, row) : undefined;
        yield create(InventoryUpdateSchema, { type, revision: BigInt(revision), ...(object ? { object } : {}) });
      }

      function objectOf(kind: string, value: unknown): InventoryUpdate["object"] {
        if (kind === "vm") return { case: "vm", value: publicVm(value as VirtualMachine) };
        if (kind === "node") return { case: "node", value: vitals.public(value as Node, access) };
        if (kind === "project") return { case: "project", value: withUsage(db, value as Project) };
        return { case: kind, value } as InventoryUpdate["object"];
      }
    },
  } satisfies ServiceImpl<typeof InventoryService>;
}

function watchedBy(db: Database, access: Access): WatchedTable[] {
  const source = (kind: ObjectKind, table: Table, more: Partial<WatchedTable> = {}): WatchedTable => {
    const visible = access.sees(kind, `${kind}.view` as Privilege);
    return { table, visible: (row) => visible(row as unknown as RowOf<ObjectKind>), ...more };
  };
  const seesVm = access.sees("vm", "vm.view");
  const seesSnapshot = ({ vmId }: Snapshot) => {
    const vm = db.find(vms, vmId);
    return vm !== undefined && seesVm(vm);
  };
  return [
    source("vm", vms as never),
    source("node", nodes as never),
    source("cluster", clusters as never),
    source("folder", folders as never),
    source("project", projects as never),
    source("image", images as never),
    source("pool", pools as never),
    source("volume", volumes as never),
    { table: snapshots as never, visible: (row) => seesSnapshot(row as unknown as Snapshot) },
    source("schedule", schedules as never),
    source("network", networks as never),
    source("task", tasks as never, { initially: () => openAndNewest(db) }),
    source("event", events as never, { initially: () => [] }),
  ];
}

function openAndNewest(db: Database) {
  const all = [...db.all(tasks)];
  const ended = all.filter((task) => !isOpen(task));
  return [...all.filter(isOpen), ...ended.slice(-newest)];
}

async function newestEvents(db: Database, access: Access): Promise<Event[]> {
  const { events: found } = await findEvents(db, { limit: newest, visible: access.sees("event", "event.view") });
  return found;
}
