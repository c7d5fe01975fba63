import { constants, copyFile, rm } from "node:fs/promises";
import { errnoOf } from "../files/errno.ts";

/** Of a file system that shares no blocks between files (ioctl_ficlonerange(2)). */
const CANNOT = new Set(["EOPNOTSUPP", "ENOTSUP", "EXDEV", "EINVAL", "ENOTTY", "ENOSYS"]);

/** Makes `to` of the blocks of `from`, which takes no time and no space. False, and no file, where that cannot be done. */
export async function shareBlocks(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (!CANNOT.has(errnoOf(error) ?? "")) throw error;
    await rm(to, { force: true });
    return false;
  }
}
