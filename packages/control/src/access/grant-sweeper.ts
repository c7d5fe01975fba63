import type { Log } from "@limiquantix/kit";
import { grants, groups, users } from "../identity/tables.ts";
import type { Database, TableChange, Transaction } from "../store/database.ts";
import { grantableKinds, Inventory, isObjectKind, rootKey } from "./inventory.ts";

/** What grants lean on: what they are on, and who holds them. */
const leanedOn: ReadonlySet<string> = new Set([...grantableKinds, users.kind, groups.kind]);

/**
 * Takes away the grants whose object or holder is gone, whoever deleted it: as soon as it is seen, and at the start
 * what a crash left. Else a VM that its host shows again under its old id would come with the grants of before.
 */
export class GrantSweeper {
  readonly #db: Database;
  readonly #log: Log;
  #subscription: Disposable | undefined;
  #running = 0;

  constructor(parts: { db: Database; log: Log }) {
    this.#db = parts.db;
    this.#log = parts.log;
  }

  get busy(): boolean {
    return this.#running > 0;
  }

  async start(): Promise<void> {
    this.#subscription = this.#db.subscribe((changes) => {
      const ids = changes.flatMap((change) => this.#orphans(change));
      if (ids.length > 0) void this.#drop(ids);
    });
    await this.#drop([...this.#db.all(grants)].map(({ id }) => id));
  }

  stop(): void {
    this.#subscription?.[Symbol.dispose]();
  }

  /** The grants that a deletion leaves without their object or holder. */
  #orphans({ table, id, after }: TableChange): string[] {
    if (after !== undefined || !leanedOn.has(table.kind)) return [];
    const key = `${table.kind}/${id}`;
    const index = table.kind === users.kind || table.kind === groups.kind ? "holder" : "object";
    return this.#db.by(grants, index, key).map((grant) => grant.id);
  }

  async #drop(ids: readonly string[]): Promise<void> {
    this.#running++;
    try {
      const orphans = ids.filter((id) => isOrphan(this.#db, id));
      if (orphans.length === 0) return;
      await this.#db.transact((tx) => {
        for (const id of orphans) if (isOrphan(tx, id)) tx.delete(grants, id);
      });
      this.#log.info("grants went with what they were on", { grants: orphans.length });
    } catch (err) {
      // The next start sweeps again.
      this.#log.warn("sweep grants of what is gone", { err });
    } finally {
      this.#running--;
    }
  }
}

function isOrphan(db: Pick<Transaction, "find" | "by">, id: string): boolean {
  const grant = db.find(grants, id);
  if (!grant) return false;
  const { holder, object } = grant;
  const held = holder.case === "groupId" ? db.find(groups, holder.value) : db.find(users, holder.value ?? "");
  if (!held) return true;
  const { kind = "", id: objectId = "" } = object ?? {};
  if (kind === rootKey) return false;
  // By id alone: another object of that name is another object.
  return !isObjectKind(kind) || (new Inventory(db).find(kind, objectId) as { id: string } | undefined)?.id !== objectId;
}
