import { builtInRoles, expandPrivilege, type Folder, type Node, type Privilege } from "@limiquantix/api";
import { grants, groups, roles } from "../identity/tables.ts";
import type { Database, TableChange } from "../store/database.ts";
import { rootKey, type Path } from "./inventory.ts";

/** What a user holds, and where. */
export interface Rights {
  /** On `kind/id`: what is held on the object itself, and on what is below it. */
  readonly at: ReadonlyMap<string, { here: ReadonlySet<Privilege>; below: ReadonlySet<Privilege> }>;
  /** Equal where the rights are. */
  readonly key: string;
}

export const noRights: Rights = { at: new Map(), key: "" };

/** Whether the privilege is held on the object at the path's beginning. O(path). */
export function holds({ at }: Rights, privilege: Privilege, path: Path): boolean {
  for (const [i, key] of path.entries()) {
    const held = at.get(key);
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
  readonly #subscription: Disposable;
  readonly #byUser = new Map<string, Rights>();
  readonly #roles = new Map<string, ReadonlySet<Privilege>>();
  readonly #listeners = new Set<() => void>();
  /** User id → groups that they are in; undefined: to be built. */
  #groupsOf: Map<string, string[]> | undefined;
  /** The last commit that could have changed what somebody may do. */
  #changedAt: number;
  #placesChangedAt: number;

  constructor(db: Database) {
    this.#db = db;
    // What was before the start is not known: who resumes from there begins anew.
    this.#changedAt = db.revision;
    this.#placesChangedAt = db.revision;
    this.#subscription = db.subscribe((changes, revision) => {
      if (changes.some(movesObjects)) this.#placesChangedAt = revision;
      else if (!changes.some(({ table }) => deciding.has(table.kind))) return;
      this.#changed(revision);
    });
  }

  /** A watch that resumes from before this revision may hold rows that are no longer for it, and begins anew. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** The last commit that moved objects in the tree by what they hang on: a folder, a host's cluster. */
  get placesChangedAt(): number {
    return this.#placesChangedAt;
  }

  of(userId: string): Rights {
    let rights = this.#byUser.get(userId);
    if (!rights) this.#byUser.set(userId, (rights = this.#compile(userId)));
    return rights;
  }

  groupsOf(userId: string): readonly string[] {
    if (!this.#groupsOf) {
      this.#groupsOf = new Map();
      for (const { id, memberIds, providedMemberIds } of this.#db.all(groups)) {
        for (const member of new Set([...memberIds, ...providedMemberIds])) {
          const known = this.#groupsOf.get(member);
          if (known) known.push(id);
          else this.#groupsOf.set(member, [id]);
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
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #changed(revision: number): void {
    this.#changedAt = revision;
    this.#byUser.clear();
    this.#roles.clear();
    this.#groupsOf = undefined;
    for (const listener of [...this.#listeners]) listener();
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

const deciding: ReadonlySet<string> = new Set(["grant", "role", "group"]);

/** Whether it changes what other objects hang below. */
function movesObjects({ table, before, after }: TableChange): boolean {
  if (!before || !after) return false;
  if (table.kind === "folder") return (before as Folder).parentId !== (after as Folder).parentId;
  return table.kind === "node" && (before as Node).clusterId !== (after as Node).clusterId;
}
