import { clone, create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CpuResourcesSchema,
  MemoryResourcesSchema,
  NodeResourcesSchema,
  NodeStatusSchema,
  ReservationSchema,
  VirtualMachineSchema,
  VmDesired_Power,
  VmStatus_PowerState,
  type Node,
  type Reservation,
  type VirtualMachine,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { dropGrantsOn } from "../access/drop-grants.ts";
import { chargeVm } from "../projects/usage.ts";
import { allocatable, capacityOf, type Capacity } from "../scheduler/capacity.ts";
import type { Transaction } from "../store/database.ts";
import { nodes, vms } from "../tables.ts";
import { dropSnapshotsOf } from "../snapshots/drop.ts";
import { volumesFollow } from "../volumes/follow-vm.ts";
import { powerOf, stateOf, statusOf } from "./vm.ts";

/** A VM that its host no longer has. */
export const goneReason = "its host no longer has it";

const off: ReadonlySet<VmStatus_PowerState> = new Set([
  VmStatus_PowerState.STOPPED,
  VmStatus_PowerState.SUSPENDED,
  VmStatus_PowerState.CRASHED,
  VmStatus_PowerState.ERROR,
  VmStatus_PowerState.LOST,
  VmStatus_PowerState.UNKNOWN,
]);

/**
 * What a VM holds of its host: everything while it is placed and either wanted on or not seen off. A guest that runs
 * with more than its changed spec asks for keeps what it has until its restart.
 */
export function reservationOf(vm: VirtualMachine): Reservation | undefined {
  const state = stateOf(vm);
  const wantedUp = powerOf(vm) === VmDesired_Power.ON || powerOf(vm) === VmDesired_Power.PAUSED;
  const gone = state === VmStatus_PowerState.LOST && vm.status?.lostReason === goneReason;
  if (!vm.status?.nodeId || gone || (off.has(state) && !wantedUp)) return undefined;
  const asked: Capacity = { cpuCores: vm.spec?.cpu?.cores ?? 0, memoryMib: Number(vm.spec?.memory?.sizeMib ?? 0n) };
  const running = state === VmStatus_PowerState.RUNNING || state === VmStatus_PowerState.PAUSED;
  const unsettled = vm.generation > vm.status.observedGeneration || vm.status.needsRestart.length > 0;
  const held = running && unsettled ? capacityOf(vm.status.reserved) : { cpuCores: 0, memoryMib: 0 };
  return create(ReservationSchema, {
    cpuCores: Math.max(asked.cpuCores, held.cpuCores),
    memoryMib: BigInt(Math.max(asked.memoryMib, held.memoryMib)),
  });
}

/**
 * The one way to change a VM's row: keeps its reservation, its host's and its project's account of it, its volumes and its
 * dates right. A change that changes nothing writes nothing. Answers the row as it is now. Throws QUOTA_EXCEEDED,
 * and what `volumesFollow` throws.
 */
export function changeVm(
  tx: Transaction,
  clock: Clock,
  id: string,
  change: (vm: VirtualMachine) => void,
): VirtualMachine {
  const before = tx.get(vms, id);
  const after = clone(VirtualMachineSchema, before);
  change(after);
  keepBooks(tx, clock, before, after);
  if (equals(VirtualMachineSchema, before, after)) return before;
  chargeVm(tx, before, after, { check: true });
  volumesFollow(tx, clock, before, after);
  after.updatedAt = timestampFromMs(clock.now());
  return tx.update(vms, id, (copy) => void Object.assign(copy, after));
}

/** Inserts a VM that is placed already. Throws QUOTA_EXCEEDED. */
export function insertVm(tx: Transaction, clock: Clock, vm: VirtualMachine): void {
  chargeVm(tx, undefined, vm, { check: true });
  keepBooks(tx, clock, undefined, vm);
  tx.insert(vms, vm);
  volumesFollow(tx, clock, undefined, vm);
}

/**
 * Deletes the row with its snapshots' and, unless they are kept for its time in the recycle bin, the grants on it; its host
 * and its project get back what the VM held.
 */
export function deleteVmRow(tx: Transaction, vm: VirtualMachine, options: { keepGrants?: boolean } = {}): void {
  account(tx, vm.status?.nodeId ?? "", vm.status?.reserved, undefined);
  chargeVm(tx, vm, undefined, { check: false });
  if (!options.keepGrants) dropGrantsOn(tx, "vm", vm.id);
  dropSnapshotsOf(tx, vm.id);
  tx.delete(vms, vm.id);
}

function keepBooks(tx: Transaction, clock: Clock, before: VirtualMachine | undefined, after: VirtualMachine): void {
  const status = statusOf(after);
  if (before?.status?.state !== status.state) status.stateChangedAt = timestampFromMs(clock.now());
  const held = before?.status?.reserved;
  const wanted = reservationOf(after);
  status.reserved = wanted;
  const from = before?.status?.nodeId ?? "";
  if (from === status.nodeId) return account(tx, from, held, wanted);
  account(tx, from, held, undefined);
  account(tx, status.nodeId, undefined, wanted);
}

function account(
  tx: Transaction,
  nodeId: string,
  before: Reservation | undefined,
  after: Reservation | undefined,
): void {
  const [was, is] = [capacityOf(before), capacityOf(after)];
  const cpuCores = is.cpuCores - was.cpuCores;
  const memoryMib = is.memoryMib - was.memoryMib;
  if ((cpuCores === 0 && memoryMib === 0) || !tx.find(nodes, nodeId)) return;
  tx.update(nodes, nodeId, (node) => {
    const { cpu, memory } = resourcesOf(node);
    cpu.allocated = Math.max(0, cpu.allocated + cpuCores);
    memory.allocatedMib = BigInt(Math.max(0, Number(memory.allocatedMib) + memoryMib));
  });
}

/** The resources of a node's row that is about to be changed, with totals as its spec has them. */
export function resourcesOf(node: Node) {
  const status = (node.status ??= create(NodeStatusSchema));
  const resources = (status.resources ??= create(NodeResourcesSchema));
  const cpu = (resources.cpu ??= create(CpuResourcesSchema));
  const memory = (resources.memory ??= create(MemoryResourcesSchema));
  const capacity = allocatable(node.spec);
  cpu.total = node.spec?.cpu?.totalCores ?? 0;
  cpu.allocatable = capacity.cpuCores;
  memory.totalMib = node.spec?.memory?.totalMib ?? 0n;
  memory.allocatableMib = BigInt(capacity.memoryMib);
  return { cpu, memory };
}
