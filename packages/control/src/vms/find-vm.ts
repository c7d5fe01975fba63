import { problem, Reason, type VirtualMachine } from "@limiquantix/api";
import type { Database } from "../store/database.ts";
import { vms } from "../tables.ts";

/** By id, or by name where only one VM has it. Throws NOT_FOUND. */
export function findVm(db: Database, idOrName: string): VirtualMachine {
  const byId = db.find(vms, idOrName);
  if (byId) return byId;
  const named = db.by(vms, "name", idOrName);
  const managed = named.filter((vm) => vm.isManaged);
  const [only, ...others] = managed.length > 0 ? managed : named;
  if (only && others.length === 0) return only;
  throw problem(Reason.NOT_FOUND, {
    kind: "VM",
    id: only ? `${idOrName} (several VMs have this name: give the id)` : idOrName,
  });
}
