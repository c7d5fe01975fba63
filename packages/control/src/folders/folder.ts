import { invalid, problem, Reason, type Folder, type Project } from "@limiquantix/api";
import { notFound } from "../access/access.ts";
import type { Call } from "../rpc/call.ts";
import type { Database, Transaction } from "../store/database.ts";
import { folders } from "../tables.ts";

/** Folders below folders; the first below a project counts as one. */
export const deepestFolder = 32;

/** Throws NOT_FOUND as for a folder that is hidden. */
export function getFolder(tx: Pick<Transaction, "find">, id: string): Folder {
  const folder = tx.find(folders, id);
  if (!folder) throw notFound({ kind: "folder", id });
  return folder;
}

/** How deep the folder is; 0: none, the project itself. What is read on the way up is checked at commit. */
export function depthOf(tx: Pick<Transaction, "find">, folderId: string): number {
  let depth = 0;
  for (let id = folderId; id !== ""; id = getFolder(tx, id).parentId) {
    if (++depth > deepestFolder) break;
  }
  return depth;
}

/** How many levels a folder and what is below it take: 1 for one that is empty. */
export function heightOf(tx: Pick<Transaction, "by">, folderId: string): number {
  const below = tx.by(folders, "parent", folderId).map(({ id }) => heightOf(tx, id));
  return 1 + Math.max(0, ...below);
}

/** Whether `folderId` is the folder `ancestorId` or below it. */
export function isWithin(tx: Pick<Transaction, "find">, folderId: string, ancestorId: string): boolean {
  for (let id = folderId, steps = 0; id !== "" && steps <= deepestFolder; steps++) {
    if (id === ancestorId) return true;
    id = getFolder(tx, id).parentId;
  }
  return false;
}

/** Throws INVALID_REQUEST where the tree would get too deep. */
export function refuseTooDeep(depth: number, field: string): void {
  if (depth > deepestFolder) throw invalid([{ field, message: `folders would be more than ${deepestFolder} deep` }]);
}

/** Two folders side by side have two names. Throws NAME_TAKEN with the name alone; the table's key makes it sure. */
export function refuseTakenName(db: Database, folder: Pick<Folder, "id" | "name" | "parentId" | "projectId">): void {
  const { id, name, parentId, projectId } = folder;
  const beside = parentId ? db.by(folders, "parent", parentId) : db.by(folders, "project", projectId);
  const taken = beside.some((other) => other.name === name && other.parentId === parentId && other.id !== id);
  if (taken) throw problem(Reason.NAME_TAKEN, { kind: "folder", name });
}

/** Throws unless the caller may put folders there: into the folder, or right below the project. */
export function requireManage(call: Call, parentId: string, project: Pick<Project, "id">): void {
  const destination = parentId ? { kind: "folder", id: parentId } : { kind: "project", id: project.id };
  call.access.require("folder.manage", destination);
}
