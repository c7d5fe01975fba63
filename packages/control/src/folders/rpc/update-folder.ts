import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { FolderSchema, invalid, type Folder, type UpdateFolderRequest } from "@limiquantix/api";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { folders } from "../../tables.ts";
import { depthOf, getFolder, heightOf, isWithin, refuseTakenName, refuseTooDeep, requireManage } from "../folder.ts";

/**
 * Renames, describes, moves. Throws NAME_TAKEN, REVISION_CONFLICT; PRIVILEGE_MISSING and NOT_FOUND for where it would
 * go to; INVALID_REQUEST for a move below itself, out of its project or too deep.
 */
export function updateFolder(parts: AccessParts, request: UpdateFolderRequest, call: Call): Promise<Folder> {
  const { db, clock } = parts;
  return mutate(parts, call, { method: "FolderService.UpdateFolder", request, response: FolderSchema }, (tx) => {
    const current = getFolder(tx, request.id);
    checkRevision("folder", current, request.revision);
    const { name = current.name, parentId = current.parentId, description = current.description } = request;
    if (parentId !== current.parentId) checkMove(tx, call, current, parentId);
    refuseTakenName(db, { ...current, name, parentId });
    return tx.update(folders, current.id, (copy) => {
      Object.assign(copy, { name, parentId, description, updatedAt: timestampFromMs(clock.now()) });
    });
  });
}

function checkMove(tx: Transaction, call: Call, folder: Folder, parentId: string): void {
  requireManage(call, parentId, { id: folder.projectId });
  const wrong = (message: string) => invalid([{ field: "parentId", message }]);
  if (parentId !== "" && getFolder(tx, parentId).projectId !== folder.projectId) {
    throw wrong("is in another project: a folder stays in its own");
  }
  if (isWithin(tx, parentId, folder.id)) throw wrong("is the folder itself, or below it");
  refuseTooDeep(depthOf(tx, parentId) + heightOf(tx, folder.id), "parentId");
}
