import type { VirtualMachine } from "@limiquantix/api";
import { getFolder } from "../../rpc/resolve-folder.ts";
import type { Session } from "../../rpc/session.ts";

/** The folder of the VM's own project that is named; empty: right below the project; undefined: nothing is said. */
export async function readFolderId(
  session: Session,
  { projectId }: VirtualMachine,
  folder: string | false | undefined,
): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  return folder === false ? "" : (await getFolder(session, folder, projectId)).id;
}
