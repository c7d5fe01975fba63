import type { MessageInitShape } from "@bufbuild/protobuf";
import { FolderSchema, type Folder, type UpdateFolderRequestSchema } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { printDone } from "../../output/done.ts";
import { getFolder } from "../../rpc/resolve-folder.ts";
import type { Session } from "../../rpc/session.ts";
import { mutation, type MutationFlags } from "../../tasks/flags.ts";

type Change = Pick<MessageInitShape<typeof UpdateFolderRequestSchema>, "name" | "parentId" | "description">;

export interface FolderUpdate {
  ref: string;
  flags: MutationFlags;
  /** What is to be another; fields that are unset stay. */
  change: (folder: Folder, session: Session) => Change | Promise<Change>;
  done: (before: Folder, after: Folder) => string;
}

export async function updateFolder(cli: Cli, { ref, flags, change, done }: FolderUpdate): Promise<void> {
  const session = await cli.connect();
  const folder = await getFolder(session, ref);
  const { id, revision } = folder;
  const request = { id, revision, ...(await change(folder, session)), ...mutation(flags) };
  const answers = [await session.folders.updateFolder(request)];
  await printDone(cli, { schema: FolderSchema, answers, flags, describe: (after) => done(folder, after) });
}
