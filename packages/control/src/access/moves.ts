import type { Folder, Node, StoragePool, VirtualMachine, Volume } from "@limiquantix/api";
import type { TableChange } from "../store/database.ts";
import { folders, nodes, pools, vms, volumes } from "../tables.ts";
import { vmsOf } from "../volumes/attachment.ts";
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
    case pools.kind: {
      const [was, is] = [before as StoragePool, after as StoragePool];
      const same = was.spec?.assignedNodeIds.join() === is.spec?.assignedNodeIds.join();
      return same ? [] : difference(inventory.pathOf("pool", was), inventory.pathOf("pool", is));
    }
    case volumes.kind: {
      const [was, is] = [before as Volume, after as Volume];
      const same = vmsOf(was).join() === vmsOf(is).join() && was.spec?.storagePoolId === is.spec?.storagePoolId;
      return same ? [] : difference(inventory.pathOf("volume", was), inventory.pathOf("volume", is));
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
