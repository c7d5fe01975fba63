import { create } from "@bufbuild/protobuf";
import {
  DeleteFolderResponseSchema,
  invalid,
  problem,
  Reason,
  type DeleteFolderRequest,
  type DeleteFolderResponse,
  type Folder,
} from "@limiquantix/api";
import { dropGrantsOn } from "../../access/drop-grants.ts";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { listOfCounts } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Database, Transaction } from "../../store/database.ts";
import { folders, vms } from "../../tables.ts";
import { depthOf, getFolder, heightOf, isWithin, refuseTakenName, refuseTooDeep, requireManage } from "../folder.ts";

/**
 * An empty folder, with its grants; with force any, and what is in it moves in the same transaction. Throws NOT_EMPTY;
 * NAME_TAKEN where two folders would have one name; PRIVILEGE_MISSING for where things would go to.
 */
export function deleteFolder(
  parts: AccessParts,
  request: DeleteFolderRequest,
  call: Call,
): Promise<DeleteFolderResponse> {
  const mutation = { method: "FolderService.DeleteFolder", request, response: DeleteFolderResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const folder = getFolder(tx, request.id);
    const within = { vms: tx.by(vms, "folder", folder.id), folders: tx.by(folders, "parent", folder.id) };
    const what = listOfCounts({ VM: within.vms.length, folder: within.folders.length });
    if (what !== "" && !request.force) throw problem(Reason.NOT_EMPTY, { kind: "folder", name: folder.name, what });
    if (what !== "") {
      const to = destinationOf(tx, call, folder, { asked: request.moveVmsTo, withVms: within.vms.length > 0 });
      for (const vm of within.vms) tx.update(vms, vm.id, (copy) => void (copy.folderId = to));
      for (const child of within.folders) moveUp(parts.db, tx, child, { to, from: folder });
    }
    dropGrantsOn(tx, "folder", folder.id);
    tx.delete(folders, folder.id);
    return create(DeleteFolderResponseSchema);
  });
}

/** Where a deleted folder's contents go: a folder, or empty for right below the project. */
function destinationOf(
  tx: Transaction,
  call: Call,
  folder: Folder,
  { asked, withVms }: { asked: string; withVms: boolean },
): string {
  const to = asked || folder.parentId;
  requireManage(call, to, { id: folder.projectId });
  if (withVms) {
    call.access.require("vm.create", to ? { kind: "folder", id: to } : { kind: "project", id: folder.projectId });
  }
  if (asked === "") return to;
  const wrong = (message: string) => invalid([{ field: "moveVmsTo", message }]);
  if (getFolder(tx, to).projectId !== folder.projectId) throw wrong("is in another project");
  if (isWithin(tx, to, folder.id)) throw wrong("is the folder itself, or below it");
  return to;
}

function moveUp(db: Database, tx: Transaction, child: Folder, { to, from }: { to: string; from: Folder }): void {
  // The folder that goes makes room for one of its own name.
  if (!(child.name === from.name && to === from.parentId)) refuseTakenName(db, { ...child, parentId: to });
  refuseTooDeep(depthOf(tx, to) + heightOf(tx, child.id), "moveVmsTo");
  tx.update(folders, child.id, (copy) => void (copy.parentId = to));
}
