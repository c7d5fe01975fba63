import { create } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  UpdateType,
  VMUpdateSchema,
  type VirtualMachine,
  type VMUpdate,
  type WatchVMRequest,
  type WatchVMsRequest,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { vms } from "../../tables.ts";
import { watchTable } from "../../watch/watch-table.ts";
import { publicVm } from "../redact.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";

/** The VM now and after each change, until it is deleted. */
export async function* watchVm(
  { db }: VmServiceParts,
  request: WatchVMRequest,
  call: Call,
): AsyncGenerator<VirtualMachine> {
  db.get(vms, request.id);
  const matches = (vm: VirtualMachine) => vm.id === request.id;
  const { access, signal } = call;
  const visible = access.sees("vm", "vm.view");
  for await (const { type, row } of watchTable(db, vms, { matches, signal, access, visible })) {
    if (type === UpdateType.DELETED) throw problem(Reason.NOT_FOUND, { kind: "VM", id: request.id });
    if (row) yield publicVm(row);
  }
}

export async function* watchVms(
  { db }: VmServiceParts,
  request: WatchVMsRequest,
  call: Call,
): AsyncGenerator<VMUpdate> {
  const labels = Object.entries(request.labels);
  const matches = (vm: VirtualMachine) =>
    (!request.nodeId || vm.status?.nodeId === request.nodeId) &&
    (!request.projectId || vm.projectId === request.projectId) &&
    labels.every(([key, value]) => vm.labels[key] === value);
  const from = Number(request.fromRevision);
  const { access, signal } = call;
  const options = { matches, from, signal, access, visible: access.sees("vm", "vm.view") };
  for await (const { type, row, revision } of watchTable(db, vms, options)) {
    yield create(VMUpdateSchema, { type, revision: BigInt(revision), ...(row ? { vm: publicVm(row) } : {}) });
  }
}
