import { clone, create } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  VmSpecSchema,
  VMTaskResponseSchema,
  type VirtualMachine,
  type VmSpec,
  type VMTaskResponse,
} from "@limiquantix/api";
import type { Message } from "@bufbuild/protobuf";
import { recordEvent } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import { mutate } from "../rpc/mutate.ts";
import type { Transaction } from "../store/database.ts";
import { vms } from "../tables.ts";
import { hasSecrets } from "./cloud-init/cloud-init.ts";
import { requireUse } from "./may-use.ts";
import { orderVm, taskResponse } from "./order.ts";
import { specContext, specReferences } from "./references.ts";
import { reservationOf } from "./reservation.ts";
import { capacityOf } from "../scheduler/capacity.ts";
import { changesOf, checkChange, type SpecChange } from "./spec/changes.ts";
import { checkSpec, refuseNewShared } from "./spec/check.ts";
import { completeSpec } from "./spec/defaults.ts";
import type { VmServiceParts } from "./vm-service-parts.ts";
import { checkAction, isAdopted, stateName, vmRef } from "./vm.ts";

export interface SpecEdit {
  vmId: string;
  /** VMService.AttachDisk. */
  method: string;
  /** vm.attach-disk. */
  kind: string;
  request: Message & { idempotencyKey: string; dryRun: boolean };
  /** Changes a private copy of the spec; may throw. */
  edit: (spec: VmSpec, vm: VirtualMachine, tx: Transaction) => void;
  /** config, disk, network: what its event is filed under. */
  type: string;
}

/** The path of every change of a VM's devices: an edit of its spec, checked as a whole, that its host then makes so. */
export function editSpec(parts: VmServiceParts, call: Call, options: SpecEdit): Promise<VMTaskResponse> {
  const { request, method } = options;
  return parts.placer.oneByOne(() =>
    mutate(parts, call, { method, request, response: VMTaskResponseSchema }, (tx) => {
      const vm = tx.get(vms, options.vmId);
      checkAction(vm, "update");
      const spec = vm.spec ? clone(VmSpecSchema, vm.spec) : create(VmSpecSchema);
      options.edit(spec, vm, tx);
      const { changes } = acceptSpecChange(parts, vm, spec, call);
      if (changes.length === 0) return taskResponse(vm);
      return orderSpec(parts, tx, { vm, spec, changes, call, options });
    }),
  );
}

/** Fills in and checks a changed spec, in place. Throws what is wrong with it, and what it takes that is not for the caller. */
export function acceptSpecChange(
  { db, index, placer }: VmServiceParts,
  vm: VirtualMachine,
  spec: VmSpec,
  call: Call,
): { changes: SpecChange[] } {
  const { access } = call;
  const before = vm.spec ?? spec;
  const by = { access, projectId: vm.projectId, before };
  keepWhatIsOurs(before, spec);
  completeSpec(spec, specContext(db, index, by));
  const pool = placer.defaultPool(vm.status?.nodeId ?? "", access);
  for (const disk of spec.disks) disk.storagePoolId ||= pool?.id ?? "";
  const known = new Set([...before.disks, ...before.cdroms].map(({ id }) => id));
  for (const cdrom of before.cdroms) {
    const is = spec.cdroms.find(({ id }) => id === cdrom.id);
    if (is && is.imageId !== cdrom.imageId) known.delete(cdrom.id);
  }
  checkChange(before, spec);
  checkSpec(spec, specReferences(db, index, { ...by, vmId: vm.id }), known);
  requireUse(call, before, spec);
  const changes = changesOf(before, spec);
  if (
    isAdopted(vm) &&
    changes.some(({ path }) => path !== "autoStart" && path !== "placement" && path !== "haPolicy")
  ) {
    const why = `VM ${vm.name} was made outside of limiquantix: its definition stays as it is, only its power is managed`;
    throw problem(Reason.UNSUPPORTED, { what: "changing its devices", why });
  }
  return { changes };
}

/** A volume's id is the control plane's own; a client that leaves it or the pool out means the disk that there is. */
function keepWhatIsOurs(before: VmSpec, after: VmSpec): void {
  refuseNewShared(after.disks, before.disks);
  for (const disk of after.disks) {
    const was = before.disks.find(({ id }) => id !== "" && id === disk.id);
    disk.volumeId = was?.volumeId ?? "";
    disk.sourceVolumeId = was?.sourceVolumeId ?? "";
    disk.sourceSnapshotId = was?.sourceSnapshotId ?? "";
    disk.sourceLinked = was?.sourceLinked ?? false;
    disk.movingFromPoolId = was?.movingFromPoolId ?? "";
    disk.shared = was?.shared ?? false;
    if (!was) continue;
    disk.storagePoolId ||= was.storagePoolId;
    disk.imageId ||= was.imageId;
    disk.sizeGib ||= was.sizeGib;
    disk.provisioning ||= was.provisioning;
  }
  for (const nic of after.nics) {
    const was = before.nics.find(({ id }) => id !== "" && id === nic.id);
    if (was) nic.macAddress ||= was.macAddress;
  }
  if (!after.provisioning && before.provisioning) after.provisioning = before.provisioning;
  const [was, is] = [before.provisioning?.cloudInit, after.provisioning?.cloudInit];
  // Shown without its secrets and sent back so, maybe after the seed was written.
  if (was && is && !hasSecrets(is)) {
    const { passwordHash, userData, networkConfig, sealedSecrets, consumed } = was;
    Object.assign(is, { passwordHash, userData, networkConfig, sealedSecrets, consumed });
  }
}

/** Writes the changed spec as the VM's next generation. Throws NO_HOST_FITS where its host has no room for more. */
export function orderSpec(
  parts: VmServiceParts,
  tx: Transaction,
  order: {
    vm: VirtualMachine;
    spec: VmSpec;
    changes: readonly SpecChange[];
    call: Call;
    options: Pick<SpecEdit, "kind" | "type" | "request"> & { cancellable?: boolean };
    /** What else changes with it. */
    also?: (vm: VirtualMachine) => void;
  },
): VMTaskResponse {
  const { clock, placer } = parts;
  const { spec, changes, call, options } = order;
  if (order.vm.isTemplate && changes.length > 0) throw problem(Reason.VM_IS_TEMPLATE, { vm: order.vm.name });
  const held = capacityOf(order.vm.status?.reserved);
  const asked = capacityOf(reservationOf({ ...order.vm, spec, generation: order.vm.generation + 1n }));
  if (asked.cpuCores > held.cpuCores || asked.memoryMib > held.memoryMib) {
    placer.checkStart(tx, { ...order.vm, spec }, call.access);
  }
  const { vm, task } = orderVm(tx, order.vm.id, {
    clock,
    call,
    kind: options.kind,
    cancellable: options.cancellable ?? false,
    change(copy) {
      copy.spec = spec;
      order.also?.(copy);
    },
  });
  const paths = changes.map(({ path }) => `spec.${path}`);
  const message = `VM ${vm.name} was changed: ${paths.join(", ") || "its name"}`;
  const nodeId = vm.status?.nodeId ?? "";
  recordEvent(tx, { clock, call, type: options.type, message, subject: vmRef(vm), nodeId, taskId: task.id });
  const runs = ["RUNNING", "PAUSED", "STARTING"].includes(stateName(vm));
  const warnings = runs
    ? changes.filter(({ live }) => !live).map(({ path }) => `spec.${path} takes effect at the next start`)
    : [];
  return taskResponse(vm, options.request.dryRun ? undefined : task, warnings);
}
