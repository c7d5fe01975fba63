import { invalid } from "@limiquantix/api";
import { Inventory, notFound, type Access } from "../access/index.ts";
import type { Transaction } from "../store/database.ts";

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
  const inventory = new Inventory(tx);
  const folder = folderId ? inventory.find("folder", folderId) : undefined;
  if (folderId) access.require("vm.create", { kind: "folder", id: folderId });
  const project = inventory.find("project", folder && !projectId ? folder.projectId : projectId);
  if (!project) throw notFound({ kind: "project", id: projectId });
  if (!folder) access.require("vm.create", { kind: "project", id: project.id });
  else if (folder.projectId !== project.id) {
    throw invalid([{ field: "folderId", message: "is not a folder of that project" }]);
  }
  return { projectId: project.id, folderId };
}
