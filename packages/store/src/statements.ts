const columns = "r.kind, r.id, r.revision, r.value, r.indexes";

/** Every statement that the engine runs. */
export const rowSql = {
  revision: "SELECT revision FROM state",
  setRevision: "UPDATE state SET revision = ?",
  get: `SELECT ${columns} FROM rows r WHERE r.kind = ? AND r.id = ?`,
  stored: "SELECT revision, indexes, keys FROM rows WHERE kind = ? AND id = ?",
  put: `INSERT INTO rows (kind, id, revision, value, indexes, keys) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision, value = excluded.value,
      indexes = excluded.indexes, keys = excluded.keys`,
  delete: "DELETE FROM rows WHERE kind = ? AND id = ?",
  addIndex: "INSERT INTO row_indexes (kind, name, value, id) VALUES (?, ?, ?, ?)",
  dropIndex: "DELETE FROM row_indexes WHERE kind = ? AND name = ? AND value = ? AND id = ?",
  keyHolder: "SELECT id FROM row_keys WHERE kind = ? AND key = ?",
  addKey: "INSERT INTO row_keys (kind, key, id) VALUES (?, ?, ?)",
  dropKey: "DELETE FROM row_keys WHERE kind = ? AND key = ?",
  oldest: "SELECT min(revision) AS oldest FROM changes",
  addChange: "INSERT INTO changes (revision, position, kind, id, value, indexes) VALUES (?, ?, ?, ?, ?, ?)",
  dropChanges: "DELETE FROM changes WHERE revision < ?",
  changes: `SELECT ${columns} FROM changes r WHERE r.revision > ? AND r.revision <= ? ORDER BY r.revision, r.position`,
  acquireLease: `INSERT INTO leases (name, holder, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE holder = excluded.holder OR expires_at <= ?4`,
  releaseLease: "DELETE FROM leases WHERE name = ? AND holder = ?",

  /** Arguments: kind, then the index's name and value, then the id to go on from, then the limit (-1: none). */
  list({ where, after, reverse }: { where: boolean; after: boolean; reverse: boolean }): string {
    const from = where ? "row_indexes i CROSS JOIN rows r ON r.kind = i.kind AND r.id = i.id" : "rows r";
    const by = where ? "i" : "r";
    const matches = where ? "i.kind = ? AND i.name = ? AND i.value = ?" : "r.kind = ?";
    const behind = after ? `AND ${by}.id ${reverse ? "<" : ">"} ?` : "";
    return `SELECT ${columns} FROM ${from} WHERE ${matches} ${behind} ORDER BY ${by}.id ${reverse ? "DESC" : "ASC"} LIMIT ?`;
  },
} as const;
