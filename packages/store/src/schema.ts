import type { DatabaseSync } from "node:sqlite";

/** "lqx1": marks the file as ours (`file` and `PRAGMA application_id` show it). */
export const applicationId = 0x6c717831;

/** Step n brings a file from version n to n + 1 (PRAGMA user_version). A step that was released never changes. */
export const migrations: readonly string[] = [
  `CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL) STRICT;
   INSERT INTO state (one, revision) VALUES (1, 0);
   CREATE TABLE rows (
     kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, value BLOB NOT NULL,
     indexes TEXT NOT NULL, keys TEXT NOT NULL,
     PRIMARY KEY (kind, id)
   ) STRICT;
   CREATE TABLE row_indexes (
     kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
     PRIMARY KEY (kind, name, value, id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE row_keys (
     kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL,
     PRIMARY KEY (kind, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE leases (
     name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // A deleted row has no value.
  `CREATE TABLE changes (
     revision INTEGER NOT NULL, position INTEGER NOT NULL,
     kind TEXT NOT NULL, id TEXT NOT NULL, value BLOB, indexes TEXT,
     PRIMARY KEY (revision, position)
   ) STRICT, WITHOUT ROWID;`,
];

/** Brings the file to the newest version, all steps or none. Throws for a file of another program or a newer version. */
export function migrate(db: DatabaseSync, steps: readonly string[] = migrations): void {
  const id = pragma(db, "application_id");
  const version = pragma(db, "user_version");
  const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()!["n"]);
  if (id !== applicationId && (id !== 0 || version !== 0 || tables !== 0)) {
    throw new WrongFileError("it is the database of another program");
  }
  if (version > steps.length) {
    throw new WrongFileError(`its version is ${version} and this program knows versions up to ${steps.length}`);
  }
  if (version === steps.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const step of steps.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`);
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function pragma(db: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()![name]);
}

export class WrongFileError extends Error {}
