import { FolderSchema, type Folder, type FolderTree } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { printable, renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import type { FolderPath } from "../../rpc/resolve-folder.ts";
import { formatLabels } from "../../values/labels.ts";

export function folderListView(path: FolderPath): ListView<typeof FolderSchema> {
  return {
    schema: FolderSchema,
    empty: "no folders",
    columns: [
      { header: "PATH", value: (folder) => path(folder.id) || folder.name },
      { header: "DESCRIPTION", value: (folder) => folder.description },
      { header: "AGE", value: (folder) => age(folder.createdAt), right: true },
      { header: "LABELS", value: (folder) => formatLabels(folder.labels), wide: true },
      { header: "ID", value: (folder) => folder.id, wide: true },
    ],
  };
}

export function describeFolder(folder: Folder, path: FolderPath): string[] {
  return renderFields([
    ["Name", folder.name],
    ["Id", folder.id],
    ["Path", path(folder.id)],
    ["Description", folder.description],
    ["Labels", formatLabels(folder.labels)],
    ["Created", moment(folder.createdAt)],
    ["Revision", String(folder.revision)],
  ]);
}

/** A line for each folder, two columns deeper below its parent. Pure. */
export function renderTree(tree: FolderTree, depth = 0): string[] {
  const own = tree.folder ? [`${"  ".repeat(depth)}${printable(tree.folder.name)}`] : [];
  const below = tree.folder ? depth + 1 : depth;
  return [...own, ...tree.children.flatMap((child) => renderTree(child, below))];
}
