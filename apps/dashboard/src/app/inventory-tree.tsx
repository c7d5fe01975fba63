import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { useConnection } from "../api/context.tsx";
import { useRows } from "../live/use-collection.ts";
import { objectIcons } from "./sections.ts";

/** A branch with more opens when it is asked to. */
const mostUnasked = 12;

interface Branch {
  key: string;
  kind: keyof typeof objectIcons;
  name: string;
  to: string;
  children: Branch[];
}

/** Clusters with their hosts, and projects with their folders; VMs are in the tables, where there is room for them. */
export function InventoryTree() {
  const { inventory } = useConnection();
  const [clusters, nodes] = [useRows(inventory.cluster), useRows(inventory.node)];
  const [projects, folders] = [useRows(inventory.project), useRows(inventory.folder)];
  const branches = useMemo((): Branch[] => {
    const hosts = (clusterId: string) =>
      nodes
        .filter((node) => node.clusterId === clusterId)
        .map(({ id, hostname }): Branch => ({
          key: `n${id}`,
          kind: "node",
          name: hostname,
          to: `/nodes/${id}`,
          children: [],
        }));
    const below = (projectId: string, parentId: string): Branch[] =>
      folders
        .filter((folder) => folder.projectId === projectId && folder.parentId === parentId)
        .map(({ id, name }) => ({
          key: `f${id}`,
          kind: "folder",
          name,
          to: `/vms?folder=${id}`,
          children: below(projectId, id),
        }));
    return [
      ...clusters.map(({ id, name }): Branch => ({
        key: `c${id}`,
        kind: "cluster",
        name,
        to: `/clusters/${id}`,
        children: hosts(id),
      })),
      ...hosts(""),
      ...projects.map(({ id, name }): Branch => ({
        key: `p${id}`,
        kind: "project",
        name,
        to: `/vms?project=${id}`,
        children: below(id, ""),
      })),
    ];
  }, [clusters, nodes, projects, folders]);
  if (branches.length === 0) return null;
  return (
    <div className="mt-4 border-t border-line pt-2">
      <ul>
        {branches.map((branch) => (
          <TreeItem key={branch.key} branch={branch} depth={0} />
        ))}
      </ul>
    </div>
  );
}

function TreeItem({ branch, depth }: { branch: Branch; depth: number }) {
  const [open, setOpen] = useState(depth === 0 && branch.children.length <= mostUnasked);
  const Icon = objectIcons[branch.kind];
  const [path, query = ""] = branch.to.split("?");
  return (
    <li>
      <div className="flex h-7 items-center rounded-md hover:bg-hover" style={{ paddingLeft: depth * 12 }}>
        <button
          type="button"
          aria-label={branch.name}
          aria-expanded={open}
          className={`p-1 text-faint ${branch.children.length === 0 ? "invisible" : ""}`}
          onClick={() => setOpen(!open)}
        >
          <ChevronRight size={12} className={open ? "rotate-90" : ""} />
        </button>
        <Link
          to={path as never}
          search={Object.fromEntries(new URLSearchParams(query)) as never}
          className="flex min-w-0 grow items-center gap-1.5 text-muted hover:text-text"
        >
          <Icon aria-hidden size={14} className="shrink-0" />
          <span className="truncate">{branch.name}</span>
        </Link>
      </div>
      {open && branch.children.length > 0 && (
        <ul>
          {branch.children.map((child) => (
            <TreeItem key={child.key} branch={child} depth={depth + 1} />
          ))}
        </ul>
      )}
    </li>
  );
}
