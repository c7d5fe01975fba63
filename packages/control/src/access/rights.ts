import { builtInRoles, expandPrivilege, type Grant, type Group, type Privilege } from "@limiquantix/api";
import { grants, groups, roles } from "../identity/tables.ts";
import type { Database, TableChange } from "../store/database.ts";
import { Inventory, rootKey, type Path } from "./inventory.ts";
import { movedBetween } from "./moves.ts";

/** What a user holds, and where. */
export interface Rights {
  /** On `kind/id`: what is held on the object itself, and on what is below it. */
  readonly at: ReadonlyMap<string, { here: ReadonlySet<Privilege>; below: ReadonlySet<Privilege> }>;
  /** Equal where the rights are. */
  readonly key: string;
}

/** What a commit changed of who may do what. */
export interface RightsChange {
  /** What was moved in the tree left these, or came below them: `kind/id`. Who holds nothing there is not concerned. */
  readonly moved: ReadonlySet<string>;
}

/** Whether the privilege is held on the object at the path's beginning. O(path). */
export function holds({ at }: Rights, privilege: Privilege, path: Path): boolean {
  for (let i = 0; i < path.length; i++) {
    const held = at.get(path[i] ?? "");
    if (held && (i === 0 ? held.here : held.below).has(privilege)) return true;
  }
  return false;
}

/** Whether the privilege is held on everything there is. */
export function holdsEverywhere({ at }: Rights, privilege: Privilege): boolean {
  return at.get(rootKey)?.below.has(privilege) ?? false;
}

/**
 * Everybody's rights, compiled from grants, roles and groups when they are first asked for, and again after a change:
 * a check then costs a few look-ups, however many grants there are.
 */
export class RightsIndex implements Disposable {
  readonly #db: Database;
  readonly #inventory: Inventory;
  readonly #subscription: Disposable;
  readonly #byUser = new Map<string, Rights>();
  readonly #roles = new Map<string, ReadonlySet<Privilege>>();
  readonly #listeners = new Set<(change: RightsChange) => void>();
  /** User id → groups that they are in; undefined: to be built. */
  #groupsOf: Map<string, string[]> | undefined;
  #changedAt: number;

  constructor(db: Database) {
    this.#db = db;
    this.#inventory = new Inventory(db);
    // What was before the start is not known: who resumes from there begins anew.
    this.#changedAt = db.revision;
    this.#subscription = db.subscribe((changes, revision) => this.#follow(changes, revision));
  }

  /** A watch that resumes from before this revision may hold rows that are no longer for it, and begins anew. */
  get changedAt(): number {
    return this.#changedAt;
  }

  of(userId: string): Rights {
    let rights = this.#byUser.get(userId);
    if (!rights) this.#byUser.set(userId, (rights = this.#compile(userId)));
    return rights;
  }

  groupsOf(userId: string): readonly string[] {
    if (!this.#groupsOf) {
      this.#groupsOf = new Map();
      for (const group of this.#db.all(groups)) {
        for (const member of membersOf(group)) {
          const known = this.#groupsOf.get(member);
          if (known) known.push(group.id);
          else this.#groupsOf.set(member, [group.id]);
        }
      }
    }
    return this.#groupsOf.get(userId) ?? [];
  }

  /** The privileges of a role; none for one that is not there. */
  ofRole(roleId: string): ReadonlySet<Privilege> {
    let set = this.#roles.get(roleId);
    if (!set) {
      const patterns =
        builtInRoles.find(({ id }) => id === roleId)?.privileges ?? this.#db.find(roles, roleId)?.privileges ?? [];
      this.#roles.set(roleId, (set = new Set(patterns.flatMap(expandPrivilege))));
    }
    return set;
  }

  /** Called after each commit that could have changed what somebody may do. */
  onChange(listener: (change: RightsChange) => void): Disposable {
    // Wrapped, so that one function can listen twice.
    const entry: typeof listener = (change) => listener(change);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** How many listen; a test proves with it that ended streams are forgotten. */
  get listeners(): number {
    return this.#listeners.size;
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #follow(changes: readonly TableChange[], revision: number): void {
    let decided = false;
    const moved = new Set<string>();
    for (const change of changes) {
      if (this.#forget(change)) decided = true;
      const places = movedBetween(this.#inventory, change);
      for (const key of places) moved.add(key);
      // Their own rows tell a watch that they moved; what else hangs below a folder or a cluster has no such row.
      if (places.length > 0 && !["vm", "volume"].includes(change.table.kind)) this.#changedAt = revision;
    }
    if (decided) this.#changedAt = revision;
    if (decided || moved.size > 0) this.#tell({ moved });
  }

  /** Drops what was compiled from the row. Answers whether it decides at all what somebody may do. */
  #forget({ table, before, after }: TableChange): boolean {
    if (table.kind === grants.kind) {
      for (const grant of [before, after] as (Grant | undefined)[]) {
        if (grant?.holder.case === "userId") this.#byUser.delete(grant.holder.value);
        else if (grant) this.#byUser.clear();
      }
      return true;
    }
    if (table.kind === roles.kind) {
      this.#roles.clear();
      this.#byUser.clear();
      return true;
    }
    if (table.kind !== groups.kind || sameMembers(before as Group | undefined, after as Group | undefined))
      return false;
    this.#groupsOf = undefined;
    this.#byUser.clear();
    return true;
  }

  /** Each listener is told, whatever becomes of the others: one of them is what ends a stream. */
  #tell(change: RightsChange): void {
    const failures: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "tell of a change of rights");
  }

  #compile(userId: string): Rights {
    const holders = [`user/${userId}`, ...this.groupsOf(userId).map((id) => `group/${id}`)];
    const at = new Map<string, { here: Set<Privilege>; below: Set<Privilege> }>();
    const held = new Set<string>();
    for (const holder of holders) {
      for (const grant of this.#db.by(grants, "holder", holder)) {
        const kind = grant.object?.kind ?? "";
        const key = kind === rootKey ? rootKey : `${kind}/${grant.object?.id}`;
        const entry = at.get(key) ?? { here: new Set(), below: new Set() };
        at.set(key, entry);
        held.add(`${key} ${grant.roleId}@${this.#db.find(roles, grant.roleId)?.revision} ${grant.thisObjectOnly}`);
        for (const privilege of this.ofRole(grant.roleId)) {
          entry.here.add(privilege);
          if (!grant.thisObjectOnly) entry.below.add(privilege);
        }
      }
    }
    return { at, key: [...held].toSorted().join("\n") };
  }
}

function membersOf({ memberIds, providedMemberIds }: Group): Set<string> {
  return new Set([...memberIds, ...providedMemberIds]);
}

function sameMembers(before: Group | undefined, after: Group | undefined): boolean {
  if (!before || !after) return false;
  const [was, is] = [membersOf(before), membersOf(after)];
  return was.size === is.size && [...was].every((id) => is.has(id));
}
