import { clone, create } from "@bufbuild/protobuf";
import {
  ProvisioningSchema,
  VmSpecSchema,
  VMTaskResponseSchema,
  type CreateVMRequest,
  type VirtualMachine,
  type VmSpec,
  type VMTaskResponse,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { recordEvent } from "../../events/event.ts";
import { openTask } from "../../tasks/task.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { acceptCloudInit, noWayIn } from "../cloud-init/cloud-init.ts";
import { sealSecrets } from "../cloud-init/sealed-secrets.ts";
import { viewableNode } from "../../hosts/find-node.ts";
import { requireUse } from "../may-use.ts";
import { taskResponse } from "../order.ts";
import { placeInTree } from "../place-in-tree.ts";
import { specContext, specReferences } from "../references.ts";
import { insertVm } from "../reservation.ts";
import { checkSpec, refuseNewShared } from "../spec/check.ts";
import { completeNewSpec } from "../spec/defaults.ts";
import { vmRow } from "../vm-row.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";
import { vmRef } from "../vm.ts";

/** What of a disk is not a client's to set. */
const ownDiskFields = {
  volumeId: "",
  sourceVolumeId: "",
  sourceSnapshotId: "",
  sourceLinked: false,
  movingFromPoolId: "",
};

/** Puts a new VM on a host and wants it made there. */
export function createVm(parts: VmServiceParts, request: CreateVMRequest, call: Call): Promise<VMTaskResponse> {
  // Hashing takes its time: before the others have to wait, and once.
  const asked = acceptSpec(request.spec);
  const mutation = { method: "VMService.CreateVM", request, response: VMTaskResponseSchema };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const vm = newVm(parts, tx, { request, asked, call });
      insertVm(tx, parts.clock, vm);
      const task = openTask(tx, {
        clock: parts.clock,
        call,
        kind: "vm.create",
        target: vmRef(vm),
        generation: vm.generation,
        steps: vm.spec?.disks.some((disk) => disk.imageId) ? ["image"] : [],
        cancellable: true,
      });
      const nodeId = vm.status?.nodeId ?? "";
      const message = `VM ${vm.name} was asked for`;
      const { clock } = parts;
      recordEvent(tx, { clock, call, type: "lifecycle", message, subject: vmRef(vm), nodeId, taskId: task.id });
      return taskResponse(vm, request.dryRun ? undefined : task, noWayIn(vm));
    }),
  );
}

function newVm(
  parts: VmServiceParts,
  tx: Transaction,
  { request, asked, call }: { request: CreateVMRequest; asked: VmSpec; call: Call },
): VirtualMachine {
  const { db, index, placer, clock } = parts;
  const { access } = call;
  const id = newId();
  const { projectId, folderId } = placeInTree(tx, access, request);
  const by = { access, projectId };
  const spec = completeNewSpec(asked, specContext(db, index, by));
  checkSpec(spec, specReferences(db, index, { ...by, vmId: id }));
  const nodeId = request.nodeId && viewableNode(db, request.nodeId, access).id;
  const node = placer.choose(tx, { name: request.name, spec, nodeId, for: by });
  const pool = placer.defaultPool(node.id, access);
  for (const disk of spec.disks) disk.storagePoolId ||= pool?.id ?? "";
  requireUse(call, undefined, spec);
  if (spec.provisioning?.cloudInit) sealSecrets(parts.sealer, id, spec.provisioning.cloudInit);
  return vmRow({
    id,
    name: request.name,
    place: { projectId, folderId },
    labels: request.labels,
    description: request.description,
    spec,
    start: request.startOnCreate,
    nodeId: node.id,
    clock,
    call,
  });
}

/** The client's spec without what is not the client's to set; cloud-init checked and its password hashed. */
function acceptSpec(asked: VmSpec | undefined): VmSpec {
  const spec = asked ? clone(VmSpecSchema, asked) : create(VmSpecSchema);
  refuseNewShared(spec.disks);
  for (const disk of spec.disks) Object.assign(disk, ownDiskFields);
  const cloudInit = spec.provisioning?.cloudInit;
  if (cloudInit) spec.provisioning = create(ProvisioningSchema, { cloudInit: acceptCloudInit(cloudInit) });
  return spec;
}
