import { problem, Reason, type Folder, type Project } from "@limiquantix/api";
import { UsageError } from "../usage-error.ts";
import { allPages, pageSize } from "./pages.ts";
import { isId } from "./resolve.ts";
import type { Session } from "./session.ts";

/** A folder's place for people: `web/databases/test`, from its project on. */
export type FolderPath = (folderId: string) => string;

export async function readFolders(session: Session, projectId = "", parentId = ""): Promise<Folder[]> {
  return allPages(async (pageToken) => {
    const page = await session.folders.listFolders({ projectId, parentId, pageSize, pageToken });
    return { items: page.folders, nextPageToken: page.nextPageToken };
  });
}

export async function readProjects(session: Session): Promise<Project[]> {
  return allPages(async (pageToken) => {
    const page = await session.projects.listProjects({ pageSize, pageToken });
    return { items: page.projects, nextPageToken: page.nextPageToken };
  });
}

/** Names for ids, of the projects that one may see; an id for the rest. */
export async function readProjectNames(session: Session): Promise<(id: string) => string> {
  const names = new Map((await readProjects(session)).map((project) => [project.id, project.name]));
  return (id) => names.get(id) ?? id;
}

/** By its id, its name, or as much of its path as tells it from the others: `databases`, `web/databases`. */
export async function getFolder(session: Session, ref: string, projectId = ""): Promise<Folder> {
  if (isId(ref)) return session.folders.getFolder({ id: ref });
  const [folders, projectName] = await Promise.all([readFolders(session, projectId), readProjectNames(session)]);
  const path = folderPaths(folders, projectName);
  const [found, second] = findFolders(folders, path, ref);
  if (!found) throw problem(Reason.NOT_FOUND, { kind: "folder", id: ref });
  if (second) {
    const all = findFolders(folders, path, ref).map((folder) => path(folder.id));
    throw new UsageError(`more than one folder is named ${ref}`, `Give more of the path: ${all.join(", ")}.`);
  }
  return found;
}

/** The folders whose path is `ref` or ends with it. Pure. */
export function findFolders(folders: readonly Folder[], path: FolderPath, ref: string): Folder[] {
  const whole = folders.filter((folder) => path(folder.id) === ref);
  return whole.length > 0 ? whole : folders.filter((folder) => `/${path(folder.id)}`.endsWith(`/${ref}`));
}

/** Pure. A parent that one may not see is left out. */
export function folderPaths(folders: readonly Folder[], projectName: (id: string) => string): FolderPath {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const path = (id: string): string => {
    const folder = byId.get(id);
    if (!folder) return "";
    return `${path(folder.parentId) || projectName(folder.projectId)}/${folder.name}`;
  };
  return path;
}

/** Where `--project` and `--folder` point; empty ids where they are not given. A folder brings its project along. */
export async function getPlace(
  session: Session,
  { project, folder }: { project?: string | undefined; folder?: string | undefined },
): Promise<{ projectId: string; folderId: string }> {
  const projectId = project === undefined ? "" : (await session.projects.getProject({ id: project })).id;
  if (folder === undefined) return { projectId, folderId: "" };
  const found = await getFolder(session, folder, projectId);
  return { projectId: found.projectId, folderId: found.id };
}
