import type { Folder, Project } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Folder as FolderIcon, FolderPlus, Ellipsis } from "lucide-react";
import { useMemo, useState } from "react";
import { useConnection } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Panel } from "../../ui/page.tsx";
import { CreateFolder, DeleteFolder, MoveFolder, RenameFolder } from "./folder-dialogs.tsx";

const s = strings.projects.folders;

interface Branch {
  folder: Folder;
  depth: number;
}

type Open = { what: "create"; parent?: Folder } | { what: "rename" | "move" | "delete"; folder: Folder };

/** A project's folders as a tree, and what can be done with each. */
export function FoldersPanel({ project }: { project: Project }) {
  const { inventory } = useConnection();
  const folders = useRows(inventory.folder);
  const vms = useRows(inventory.vm);
  const [open, setOpen] = useState<Open>();
  const [may] = useCan([{ privilege: "folder.manage", object: { kind: "project", id: project.id } }]);
  const tree = useMemo(
    () => treeOf(folders.filter(({ projectId }) => projectId === project.id)),
    [folders, project.id],
  );
  const counts = useMemo(() => {
    const counts = new Map<string, number>();
    for (const { folderId } of vms) counts.set(folderId, (counts.get(folderId) ?? 0) + 1);
    return counts;
  }, [vms]);
  const close = () => setOpen(undefined);
  return (
    <div className="max-w-4xl p-4">
      <Panel
        title={strings.projects.tabs.folders}
        actions={
          <Button
            className="my-1"
            icon={<FolderPlus size={14} />}
            blocked={blockedBy(may)}
            onClick={() => setOpen({ what: "create" })}
          >
            {s.create}
          </Button>
        }
      >
        {tree.length === 0 && <p className="text-muted">{s.none}</p>}
        <ul className="flex flex-col">
          {tree.map(({ folder, depth }) => (
            <li
              key={folder.id}
              className="flex h-9 items-center gap-2 border-b border-line/60 last:border-0 hover:bg-hover"
              style={{ paddingLeft: depth * 20 }}
            >
              <FolderIcon size={14} aria-hidden className="shrink-0 text-muted" />
              <span className="truncate font-medium">{folder.name}</span>
              <span className="grow truncate text-muted">{folder.description}</span>
              <Link
                to={"/vms" as never}
                search={{ folder: folder.id } as never}
                className="shrink-0 text-muted hover:underline"
              >
                {s.vms(counts.get(folder.id) ?? 0)}
              </Link>
              <Menu
                label={s.actions(folder.name)}
                trigger={<Button look="ghost" icon={<Ellipsis size={15} />} />}
                groups={[
                  [
                    {
                      label: s.newChild,
                      blocked: blockedBy(may),
                      onSelect: () => setOpen({ what: "create", parent: folder }),
                    },
                    { label: s.rename, blocked: blockedBy(may), onSelect: () => setOpen({ what: "rename", folder }) },
                    { label: s.move, blocked: blockedBy(may), onSelect: () => setOpen({ what: "move", folder }) },
                  ],
                  [
                    {
                      label: s.delete,
                      danger: true,
                      blocked: blockedBy(may),
                      onSelect: () => setOpen({ what: "delete", folder }),
                    },
                  ],
                ]}
              />
            </li>
          ))}
        </ul>
      </Panel>
      {open?.what === "create" && <CreateFolder project={project} parent={open.parent} onClose={close} />}
      {open?.what === "rename" && <RenameFolder folder={open.folder} onClose={close} />}
      {open?.what === "move" && <MoveFolder folder={open.folder} tree={tree} onClose={close} />}
      {open?.what === "delete" && <DeleteFolder folder={open.folder} onClose={close} />}
    </div>
  );
}

/** Each folder behind the one that it is in. */
function treeOf(folders: readonly Folder[]): Branch[] {
  const byParent = Map.groupBy(folders, ({ parentId }) => parentId);
  const below = (parentId: string, depth: number): Branch[] =>
    (byParent.get(parentId) ?? [])
      .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
      .flatMap((folder) => [{ folder, depth }, ...below(folder.id, depth + 1)]);
  return below("", 0);
}
