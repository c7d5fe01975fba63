import { closeSync, chmodSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DamagedError } from "./failure.ts";
import { migrate } from "./schema.ts";

/** How long a predecessor that is just ending may take to let go of the file. */
const lockWaitMs = 1_000;

/**
 * Opens the database file for this process alone, whole and in the newest version; only its owner may read it.
 * EXCLUSIVE locking with WAL keeps the index of the WAL in memory, so that no other process can open the file at all.
 */
export function openFile(path: string, maxBytes: number | undefined): DatabaseSync {
  create(path);
  const db = new DatabaseSync(path, { timeout: lockWaitMs });
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    // Takes the lock, which from here on is kept.
    db.exec("BEGIN EXCLUSIVE; COMMIT");
    db.exec("PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY");
    checkIntegrity(db);
    migrate(db);
    if (maxBytes !== undefined) limitSize(db, maxBytes);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * An existing file is never opened but by SQLite: closing any descriptor of a file drops the locks that this process
 * has on it (fcntl(2)), those of another connection too. SQLite gives the WAL the mode of the database.
 */
function create(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    chmodSync(path, 0o600);
  }
}

function checkIntegrity(db: DatabaseSync): void {
  const result = String(db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
  if (result !== "ok") throw new DamagedError(result);
}

function limitSize(db: DatabaseSync, maxBytes: number): void {
  const pageBytes = Number(db.prepare("PRAGMA page_size").get()!["page_size"]);
  db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
}
