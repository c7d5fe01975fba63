import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ListVMsRequestSchema, VirtualMachineSchema, VmStatus_PowerState as State } from "@limiquantix/api";
import { FakeClock, newId, silentLog } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { fullAccess } from "../access/access.ts";
import { allTables } from "../all-tables.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { vms } from "../tables.ts";
import { listVms } from "./rpc/list-vms.ts";
import { VmIndex } from "./vm-index.ts";

const count = 10_000;

/** Milliseconds that 20 runs take. */
function timed(work: () => void): number {
  const began = performance.now();
  for (let i = 0; i < 20; i++) work();
  return performance.now() - began;
}

test(`a page of ${count} VMs costs no more than the page; after a rename the order is right again`, async () => {
  const clock = new FakeClock();
  await using store = new MemoryStore();
  await using db = await openDatabase({ store, tables: allTables, clock, log: silentLog });
  using index = new VmIndex(db);
  for (let chunk = 0; chunk < count; chunk += 1000) {
    await db.transact((tx) => {
      for (let i = chunk; i < chunk + 1000; i++) {
        const [name, state] = [`vm-${String(i).padStart(5, "0")}`, i % 2 ? State.RUNNING : State.STOPPED];
        const init = { id: newId(), name, projectId: "default", isManaged: true, status: { state } };
        tx.insert(vms, create(VirtualMachineSchema, { ...init, createdAt: timestampFromMs(clock.now() + i) }));
      }
    });
  }
  const list = (init: object) => listVms({ db, index }, create(ListVMsRequestSchema, init), fullAccess);
  const first = list({ orderBy: "name" });
  expect([first.vms[0]?.name, first.vms.length, first.totalCount]).toEqual(["vm-00000", 50, count]);

  const whole = timed(() => [...db.all(vms)].toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, 50));
  const page = timed(() => list({ orderBy: "name", pageToken: first.nextPageToken }));
  expect(page).toBeLessThan(whole / 2);
  expect(list({ states: [State.RUNNING] }).totalCount).toBe(count / 2);

  const id = first.vms[0]?.id ?? "";
  await db.transact((tx) => tx.update(vms, id, (vm) => void (vm.name = "zz")));
  expect(list({ orderBy: "-name" }).vms[0]?.id).toBe(id);
  expect(index.ordered("name")).toHaveLength(count);
});
