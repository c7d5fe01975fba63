import { invalid } from "@limiquantix/api";
import { notFound, type Access } from "../access/access.ts";
import { projectIdOf } from "../access/project-id.ts";
import type { Transaction } from "../store/database.ts";
import { folders } from "../tables.ts";

/** Where a VM belongs: a project, and one of its folders; an empty folder is right below the project. */
export interface TreePlace {
  projectId: string;
  folderId: string;
}

/**
 * The place that a request names, for who may put VMs there (vm.create): the project by its id or name, the folder's
 * own where none is named, the default one where neither is. Throws NOT_FOUND, PRIVILEGE_MISSING, INVALID_REQUEST.
 */
export function placeInTree(tx: Transaction, access: Access, { projectId, folderId }: TreePlace): TreePlace {
  if (!folderId) {
    const id = projectIdOf(tx, projectId);
    access.require("vm.create", { kind: "project", id });
    return { projectId: id, folderId: "" };
  }
  access.require("vm.create", { kind: "folder", id: folderId });
  const folder = tx.find(folders, folderId);
  if (!folder) throw notFound({ kind: "folder", id: folderId });
  if (projectId && projectIdOf(tx, projectId) !== folder.projectId) {
    throw invalid([{ field: "folderId", message: "is not a folder of that project" }]);
  }
  return { projectId: folder.projectId, folderId };
}
