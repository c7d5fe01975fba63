import { create } from "@bufbuild/protobuf";
import { FolderTreeSchema, type Folder, type FolderTree } from "@limiquantix/api";

/**
 * Folders as a tree, by name. One whose parent is not among them stands at the top: who may see only a folder far down
 * sees it all the same. `depth` levels; 0: all.
 */
export function treeOf(
  all: readonly Folder[],
  { rootId = "", depth = 0 }: { rootId?: string; depth?: number },
): FolderTree {
  const known = new Set(all.map(({ id }) => id));
  const byParent = new Map<string, Folder[]>();
  for (const folder of all) {
    const parent = known.has(folder.parentId) ? folder.parentId : "";
    const beside = byParent.get(parent);
    if (beside) beside.push(folder);
    else byParent.set(parent, [folder]);
  }
  const below = (id: string, levels: number): FolderTree[] => {
    if (levels === 0) return [];
    const children = (byParent.get(id) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return children.map((folder) => create(FolderTreeSchema, { folder, children: below(folder.id, levels - 1) }));
  };
  const folder = rootId ? all.find(({ id }) => id === rootId) : undefined;
  return create(FolderTreeSchema, { ...(folder ? { folder } : {}), children: below(rootId, depth || -1) });
}
