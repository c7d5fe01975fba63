import { clone, create } from "@bufbuild/protobuf";
import {
  invalid,
  VmSpecSchema,
  VMTaskResponseSchema,
  type UpdateVMRequest,
  type VirtualMachine,
  type VmSpec,
  type VMTaskResponse,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { applyMask } from "../../field-mask.ts";
import { vms } from "../../tables.ts";
import { acceptSpecChange, orderSpec } from "../edit-spec.ts";
import { taskResponse } from "../order.ts";
import { placeInTree } from "../place-in-tree.ts";
import { changeVm } from "../reservation.ts";

import type { VmServiceParts } from "../vm-service-parts.ts";
import { checkAction, vmRef } from "../vm.ts";

const own = ["name", "description", "labels", "folder_id"] as const;

/** Changes what the mask names. What only people see changes at once; the rest by the VM's host, with a task. */
export function updateVm(parts: VmServiceParts, request: UpdateVMRequest, call: Call): Promise<VMTaskResponse> {
  const paths = request.updateMask?.paths ?? [];
  checkPaths(request, paths);
  const specPaths = paths.filter((path) => path === "spec" || path.startsWith("spec."));
  const write = (vm: VirtualMachine) => {
    if (paths.includes("name")) vm.name = request.name;
    if (paths.includes("description")) vm.description = request.description;
    if (paths.includes("labels")) vm.labels = { ...request.labels };
    if (paths.includes("folder_id")) vm.folderId = request.folderId;
  };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, { method: "VMService.UpdateVM", request, response: VMTaskResponseSchema }, (tx) => {
      const before = tx.get(vms, request.id);
      checkAction(before, "update");
      checkRevision("VM", { id: before.name, revision: before.revision }, request.revision);
      if (paths.includes("folder_id") && request.folderId !== before.folderId) {
        placeInTree(tx, call.access, { projectId: before.projectId, folderId: request.folderId });
      }
      const current = before.spec ?? create(VmSpecSchema);
      const asked = request.spec ?? create(VmSpecSchema);
      const spec = applyMask(VmSpecSchema, { root: "spec", current, asked }, specPaths);
      checkKeepsDisks(current, spec);
      const changes = specPaths.length > 0 ? acceptSpecChange(parts, before, spec, call).changes : [];
      // The domain's title on the host carries the name.
      const renamed = paths.includes("name") && request.name !== before.name;
      if (changes.length > 0 || renamed) {
        const options = { kind: "vm.update", type: "config", request };
        const wanted = changes.length > 0 ? spec : clone(VmSpecSchema, current);
        return orderSpec(parts, tx, { vm: before, spec: wanted, changes, call, options, also: write });
      }
      const vm = changeVm(tx, parts.clock, before.id, write);
      if (vm !== before) {
        const message = `VM ${vm.name} was changed: ${paths.join(", ")}`;
        recordEvent(tx, { clock: parts.clock, call, type: "config", message, subject: vmRef(vm) });
      }
      return taskResponse(vm);
    }),
  );
}

function checkPaths(request: UpdateVMRequest, paths: readonly string[]): void {
  if (paths.length === 0) throw invalid([{ field: "updateMask", message: "names nothing to change" }]);
  const unknown = paths.filter(
    (path) => !(own as readonly string[]).includes(path) && path !== "spec" && !path.startsWith("spec."),
  );
  if (unknown.length > 0) throw invalid([{ field: "updateMask", message: `${unknown.join(", ")} cannot be changed` }]);
  if (paths.includes("name") && request.name === "") throw invalid([{ field: "name", message: "is empty" }]);
}

/** A disk that is left out may have been forgotten, and its data with it. */
function checkKeepsDisks(before: VmSpec, after: VmSpec): void {
  const kept = new Set(after.disks.map(({ id }) => id));
  const missing = before.disks.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
  if (missing.length === 0) return;
  const message = `${missing.join(", ")} is left out: name every disk that stays by its id; DetachDisk removes one with its data`;
  throw invalid([{ field: "spec.disks", message }]);
}
