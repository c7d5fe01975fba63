import type { Failure } from "./messages.ts";
import { WriterError } from "./writer-thread.ts";

const advice: Readonly<Record<Failure["type"], string>> = {
  "in-use": "another control plane has it open; stop that one first, or give this one another data directory",
  "wrong-file": "use another data directory, or the version of limiquantix that wrote it",
  damaged: "the file is damaged; restore it from a backup",
  full: "its disk is full; make room and start again",
  "read-only": "it or its directory cannot be written; check the mount and the permissions",
  io: "its disk fails; see the kernel's log",
  other: "check that the path can be read and written",
};

/** The database file cannot be opened; the message says why and what to do. */
export class StoreFileError extends Error {
  readonly type: Failure["type"];

  constructor(path: string, cause: unknown) {
    const type = cause instanceof WriterError ? cause.type : "other";
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`cannot open the database ${path}: ${message} (${advice[type]})`, { cause });
    this.name = "StoreFileError";
    this.type = type;
  }
}
