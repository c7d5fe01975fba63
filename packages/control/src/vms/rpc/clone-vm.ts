import { clone, create } from "@bufbuild/protobuf";
import {
  CloneVMRequest_CloneType,
  CloudInitSchema,
  problem,
  ProvisioningSchema,
  Reason,
  VmSpecSchema,
  VMTaskResponseSchema,
  type CloneVMRequest,
  type CloudInit,
  type VirtualMachine,
  type VmSpec,
  type VMTaskResponse,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { vms } from "../../tables.ts";
import { openTask } from "../../tasks/task.ts";
import { requireStill } from "../clone-source.ts";
import { acceptCloudInit, stripSecrets } from "../cloud-init/cloud-init.ts";
import { sealSecrets } from "../cloud-init/sealed-secrets.ts";
import { requireUse } from "../may-use.ts";
import { taskResponse } from "../order.ts";
import { placeInTree } from "../place-in-tree.ts";
import { specContext, specReferences } from "../references.ts";
import { insertVm } from "../reservation.ts";
import { checkSpec } from "../spec/check.ts";
import { completeSpec } from "../spec/defaults.ts";
import { vmRow } from "../vm-row.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";
import { isAdopted, vmRef } from "../vm.ts";

/** Wants a VM made on the host of a stopped one, with its hardware and copies of its disks. */
export async function cloneVm(parts: VmServiceParts, request: CloneVMRequest, call: Call): Promise<VMTaskResponse> {
  if (request.cloneType === CloneVMRequest_CloneType.LINKED) {
    const why = "a disk that lies over another VM's comes with volumes that live alone; make a full clone (FULL)";
    throw problem(Reason.UNSUPPORTED, { what: "a linked clone", why });
  }
  // Hashing takes its time: before the others have to wait, and once.
  const asked = request.provisioning?.cloudInit && acceptCloudInit(request.provisioning.cloudInit);
  const mutation = { method: "VMService.CloneVM", request, response: VMTaskResponseSchema };
  const { clock } = parts;
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const source = tx.get(vms, request.sourceVmId);
      const vm = newClone(parts, tx, { request, asked, source, call });
      insertVm(tx, clock, vm);
      // Written as it is, so that who starts the source at this moment by another replica runs again and sees the clone.
      tx.update(vms, source.id, () => {});
      const task = openTask(tx, {
        clock,
        call,
        kind: "vm.clone",
        target: vmRef(vm),
        generation: vm.generation,
        steps: ["volumes"],
        cancellable: true,
      });
      const about = { clock, call, type: "lifecycle", nodeId: vm.status?.nodeId ?? "", taskId: task.id };
      recordEvent(tx, { ...about, message: `VM ${vm.name} was asked for as a clone`, subject: vmRef(vm) });
      recordEvent(tx, { ...about, message: `a clone of VM ${source.name} was asked for`, subject: vmRef(source) });
      return taskResponse(vm, request.dryRun ? undefined : task, warningsOf(source, asked));
    }),
  );
}

function newClone(
  { db, index, placer, clock, sealer }: VmServiceParts,
  tx: Transaction,
  options: { request: CloneVMRequest; asked: CloudInit | undefined; source: VirtualMachine; call: Call },
): VirtualMachine {
  const { request, asked, source, call } = options;
  const { access } = call;
  const named = request.projectId !== "" || request.folderId !== "";
  const place = placeInTree(tx, access, named ? request : source);
  requireStill(source);
  if (isAdopted(source)) {
    const why = `VM ${source.name} was made outside of limiquantix: its disks are in no storage pool`;
    throw problem(Reason.UNSUPPORTED, { what: "cloning it", why });
  }
  const id = newId();
  const by = { access, projectId: place.projectId, before: source.spec };
  const spec = completeSpec(specOfClone(source, asked), specContext(db, index, by));
  // What its image holds is on the disk already, also where the image is not in the library any more.
  const copied = new Set(spec.disks.map((disk) => disk.id));
  checkSpec(spec, specReferences(db, index, { ...by, vmId: id }), copied);
  requireUse(call, undefined, { ...spec, disks: spec.disks.map((disk) => ({ ...disk, imageId: "" })) });
  const nodeId = source.status?.nodeId ?? "";
  placer.choose(tx, { name: request.name, spec, nodeId, for: { access, projectId: place.projectId } });
  if (spec.provisioning?.cloudInit) sealSecrets(sealer, id, spec.provisioning.cloudInit);
  const { labels } = source;
  const description = request.description || source.description;
  const start = request.startOnCreate;
  const row = { id, name: request.name, place, labels: { ...labels }, description, spec, start, nodeId, clock, call };
  return vmRow({ ...row, clonedFrom: source.id });
}

/** The source's hardware with everything that may be there only once left open. */
function specOfClone(source: VirtualMachine, asked: CloudInit | undefined): VmSpec {
  const spec = source.spec ? clone(VmSpecSchema, source.spec) : create(VmSpecSchema);
  for (const disk of spec.disks) {
    Object.assign(disk, { id: "", volumeId: "", sourceVolumeId: disk.volumeId, movingFromPoolId: "" });
  }
  for (const cdrom of spec.cdroms) cdrom.id = "";
  for (const nic of spec.nics) Object.assign(nic, { id: "", macAddress: "" });
  const cloudInit = asked ?? cloudInitLike(spec.provisioning?.cloudInit);
  spec.provisioning = cloudInit && create(ProvisioningSchema, { cloudInit });
  return spec;
}

/** A first boot like the source's but for its secrets, which are kept nowhere, and its host name, which is one machine's. */
function cloudInitLike(source: CloudInit | undefined): CloudInit | undefined {
  if (!source) return undefined;
  const own = clone(CloudInitSchema, source);
  stripSecrets(own);
  return Object.assign(own, {
    hostname: "",
    consumed: false,
    waysIn: own.waysIn.filter((way) => way !== "own user-data"),
  });
}

function warningsOf(source: VirtualMachine, asked: CloudInit | undefined): string[] {
  if (asked) return [];
  const before = source.spec?.provisioning?.cloudInit;
  if (!before) {
    return [
      `VM ${source.name} has no cloud-init: the clone begins with its host name and its SSH host keys; change them in the guest`,
    ];
  }
  if (!before.waysIn.includes("own user-data")) return [];
  return ["the source's own user-data is not repeated: what it left on the disks is there"];
}
