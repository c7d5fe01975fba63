import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { FolderSchema, invalid, type CreateFolderRequest, type Folder } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import type { AccessParts } from "../../access/parts.ts";
import { getProject } from "../../projects/project.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { folders } from "../../tables.ts";
import { depthOf, getFolder, refuseTakenName, refuseTooDeep } from "../folder.ts";

/** Throws NAME_TAKEN for a name that is taken beside it, INVALID_REQUEST below the deepest level. */
export function createFolder(parts: AccessParts, request: CreateFolderRequest, call: Call): Promise<Folder> {
  const { db, clock } = parts;
  return mutate(parts, call, { method: "FolderService.CreateFolder", request, response: FolderSchema }, (tx) => {
    const { name, description, labels, parentId } = request;
    const parent = parentId ? getFolder(tx, parentId) : undefined;
    // Read in the transaction: no folder comes to be in a project that goes meanwhile.
    const project = getProject(tx, parent?.projectId ?? request.projectId);
    if (parent && request.projectId && getProject(tx, request.projectId).id !== project.id) {
      throw invalid([{ field: "projectId", message: "is not the parent's project; leave it out" }]);
    }
    refuseTooDeep(depthOf(tx, parentId) + 1, "parentId");
    const now = timestampFromMs(clock.now());
    const place = { id: newId(), name, parentId, projectId: project.id };
    const folder = create(FolderSchema, { ...place, description, labels, createdAt: now, updatedAt: now });
    refuseTakenName(db, folder);
    tx.insert(folders, folder);
    return folder;
  });
}
