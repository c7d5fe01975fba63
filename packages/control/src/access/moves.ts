import type { Folder, Node, VirtualMachine } from "@limiquantix/api";
import type { TableChange } from "../store/database.ts";
import { folders, nodes, vms } from "../tables.ts";
import type { Inventory } from "./inventory.ts";

/** What a row that moved in the tree left, and what it came below, as `kind/id`; nothing for a row that stayed. */
export function movedBetween(inventory: Inventory, { table, before, after }: TableChange): readonly string[] {
  if (!before || !after) return [];
  switch (table.kind) {
    case folders.kind: {
      const [was, is] = [before as Folder, after as Folder];
      return was.parentId === is.parentId ? [] : difference(above(inventory, was), above(inventory, is));
    }
    case nodes.kind: {
      const [was, is] = [(before as Node).clusterId, (after as Node).clusterId];
      return was === is ? [] : [was, is].filter((id) => id !== "").map((id) => `cluster/${id}`);
    }
    case vms.kind: {
      const [was, is] = [before as VirtualMachine, after as VirtualMachine];
      return samePlace(was, is) ? [] : difference(inventory.pathOf("vm", was), inventory.pathOf("vm", is));
    }
    default:
      return [];
  }
}

function above(inventory: Inventory, { parentId }: Folder): string[] {
  const path: string[] = [];
  inventory.climbFolders(path, parentId);
  return path;
}

function samePlace(a: VirtualMachine, b: VirtualMachine): boolean {
  return (
    a.isManaged === b.isManaged &&
    a.folderId === b.folderId &&
    a.projectId === b.projectId &&
    a.status?.nodeId === b.status?.nodeId
  );
}

function difference(a: readonly string[], b: readonly string[]): string[] {
  return [...a.filter((key) => !b.includes(key)), ...b.filter((key) => !a.includes(key))];
}
