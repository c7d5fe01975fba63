import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  FolderUpdateSchema,
  ListFoldersResponseSchema,
  type FolderService,
  type GetFolderTreeRequest,
  type ListFoldersRequest,
  type WatchFoldersRequest,
} from "@limiquantix/api";
import { notFound } from "../access/access.ts";
import type { AccessParts } from "../access/parts.ts";
import type { Call } from "../rpc/call.ts";
import { callOf } from "../rpc/context.ts";
import { pageOf } from "../rpc/page.ts";
import { folders } from "../tables.ts";
import { watchTable } from "../watch/watch-table.ts";
import { getFolder } from "./folder.ts";
import { createFolder } from "./rpc/create-folder.ts";
import { deleteFolder } from "./rpc/delete-folder.ts";
import { updateFolder } from "./rpc/update-folder.ts";
import { treeOf } from "./tree.ts";

export function folderService(parts: AccessParts) {
  return {
    createFolder: (request, context) => createFolder(parts, request, callOf(context)),
    getFolder: ({ id }) => getFolder(parts.db, id),
    listFolders: (request, context) => listFolders(parts, request, callOf(context)),
    updateFolder: (request, context) => updateFolder(parts, request, callOf(context)),
    deleteFolder: (request, context) => deleteFolder(parts, request, callOf(context)),
    getFolderTree: (request, context) => getFolderTree(parts, request, callOf(context)),
    watchFolders: (request, context) => watchFolders(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof FolderService>;
}

function listFolders(parts: AccessParts, request: ListFoldersRequest, { access }: Call) {
  const visible = access.sees("folder", "folder.view");
  const { parentId } = request;
  const projectId = request.projectId && (idOfProject(parts, request.projectId) ?? request.projectId);
  const found = [...parts.db.all(folders)].filter(
    (folder) =>
      (!projectId || folder.projectId === projectId) && (!parentId || folder.parentId === parentId) && visible(folder),
  );
  const { items, nextPageToken, totalCount } = pageOf(found, request);
  return create(ListFoldersResponseSchema, { folders: items, nextPageToken, totalCount });
}

/** What the caller may see of a project's folders. Throws NOT_FOUND for a root that they may not. */
function getFolderTree(parts: AccessParts, request: GetFolderTreeRequest, { access }: Call) {
  const { db } = parts;
  const visible = access.sees("folder", "folder.view");
  const { rootId, depth } = request;
  const root = rootId ? db.find(folders, rootId) : undefined;
  if (rootId && !(root && visible(root))) throw notFound({ kind: "folder", id: rootId });
  const projectId = root?.projectId ?? idOfProject(parts, request.projectId);
  return treeOf(db.by(folders, "project", projectId ?? "").filter(visible), { rootId, depth });
}

async function* watchFolders(parts: AccessParts, request: WatchFoldersRequest, { access, signal }: Call) {
  const projectId = request.projectId && (idOfProject(parts, request.projectId) ?? request.projectId);
  const updates = watchTable(parts.db, folders, {
    matches: (folder) => !projectId || folder.projectId === projectId,
    from: Number(request.fromRevision),
    signal,
    access,
    visible: access.sees("folder", "folder.view"),
  });
  for await (const { type, row, revision } of updates) {
    yield create(FolderUpdateSchema, { type, ...(row ? { folder: row } : {}), revision: BigInt(revision) });
  }
}

/** By id or name; empty: the default project's. */
function idOfProject({ inventory }: AccessParts, idOrName: string): string | undefined {
  return inventory.find("project", idOrName)?.id;
}
