import type { Folder } from "@limiquantix/api";

export interface FolderPath {
  id: string;
  /** Its name after the names of those above it: Web / Production. */
  path: string;
}

/** The folders of a project, each with its way from the top, in that order. */
export function folderPaths(folders: readonly Folder[], projectId: string): FolderPath[] {
  const own = folders.filter((folder) => folder.projectId === projectId);
  const byId = new Map(own.map((folder) => [folder.id, folder]));
  return own
    .map(({ id }) => ({ id, path: pathOf(byId, id) }))
    .toSorted((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}

/** Web / Production; empty for a folder that there is not, or that one may not see. */
export function pathOf(byId: ReadonlyMap<string, Folder>, id: string): string {
  const names: string[] = [];
  const seen = new Set<string>();
  for (let at = byId.get(id); at && !seen.has(at.id); at = byId.get(at.parentId)) {
    seen.add(at.id);
    names.unshift(at.name);
  }
  return names.join(" / ");
}
