import { useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";

/** An object that a role can be held on, and where it is in the tree. */
export interface TreeObject {
  kind: string;
  id: string;
  name: string;
  /** 0: the root itself. */
  depth: number;
  /** Names of what is above it. */
  path: string;
}

/** The inventory tree, each object behind what it is below: the root, projects with folders, and clusters with hosts. */
export function useObjectTree(): readonly TreeObject[] {
  const { inventory } = useConnection();
  const projects = useRows(inventory.project);
  const folders = useRows(inventory.folder);
  const clusters = useRows(inventory.cluster);
  const nodes = useRows(inventory.node);
  const vms = useRows(inventory.vm);
  const images = useRows(inventory.image);
  const pools = useRows(inventory.pool);
  const networks = useRows(inventory.network);
  return useMemo(() => {
    const tree: TreeObject[] = [{ kind: "root", id: "", name: strings.grants.root, depth: 0, path: "" }];
    const add = (kind: string, row: { id: string; name: string }, above: TreeObject): TreeObject => {
      const path = above.depth === 0 ? "" : [above.path, above.name].filter(Boolean).join(" / ");
      const object = { kind, id: row.id, name: row.name, depth: above.depth + 1, path };
      tree.push(object);
      return object;
    };
    const root = tree[0] as TreeObject;
    const leaves = [
      ["vm", vms],
      ["image", images],
      ["pool", pools],
      ["network", networks],
    ] as const;
    const addFolders = (projectId: string, parentId: string, above: TreeObject) => {
      for (const folder of byName(folders)) {
        if (folder.projectId !== projectId || folder.parentId !== parentId) continue;
        const object = add("folder", folder, above);
        addFolders(projectId, folder.id, object);
        for (const vm of byName(vms)) if (vm.folderId === folder.id) add("vm", vm, object);
      }
    };
    for (const project of byName(projects)) {
      const above = add("project", project, root);
      addFolders(project.id, "", above);
      for (const [kind, rows] of leaves) {
        for (const row of byName<{ id: string; name: string; projectId: string; folderId?: string }>(rows)) {
          if (row.projectId === project.id && !row.folderId) add(kind, row, above);
        }
      }
    }
    for (const cluster of byName(clusters)) {
      const above = add("cluster", cluster, root);
      for (const node of nodes) if (node.clusterId === cluster.id) add("node", { ...node, name: node.hostname }, above);
    }
    for (const node of nodes) if (!node.clusterId) add("node", { ...node, name: node.hostname }, root);
    return tree;
  }, [projects, folders, clusters, nodes, vms, images, pools, networks]);
}

function byName<Row extends { name: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
