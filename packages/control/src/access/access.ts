import {
  expandPrivilege,
  isPrivilege,
  problem,
  Reason,
  type Image,
  type Privilege,
  type ResourceRef,
} from "@limiquantix/api";
import { mayReach } from "./image-visibility.ts";
import { rootKey, type Inventory, type ObjectKind, type Path, type RowOf } from "./inventory.ts";
import { holds, holdsEverywhere, type RightsIndex } from "./rights.ts";

/** What an API token is good for at most, of what its user may do. */
export interface TokenScope {
  /** Patterns; empty: every privilege. */
  privileges: readonly string[];
  /** Empty: everywhere. */
  objects: readonly Pick<ResourceRef, "kind" | "id">[];
}

/** What the caller may do, as it is at the moment of asking: a grant that is removed counts no more at once. */
export interface Access {
  can(privilege: Privilege, path: Path): boolean;
  /** Held on all there is: a list needs no filter. */
  everywhere(privilege: Privilege): boolean;
  /** Which rows of a kind a list or a watch may show. */
  sees<K extends ObjectKind>(kind: K, privilege: Privilege): (row: RowOf<K>) => boolean;
  /**
   * Throws PRIVILEGE_MISSING for an object that the caller may see, and NOT_FOUND for one that they may not, or that
   * there is not.
   */
  require(privilege: Privilege, ref: Pick<ResourceRef, "kind" | "id">): void;
  /** Behind this revision a watch may resume; from before it begins anew. */
  readonly changedAt: number;
  /** Called after a change of the caller's rights, or of where objects hang. */
  onChange(listener: () => void): Disposable;
}

/** The control plane itself, and the loopback of --dev: everything is allowed. */
export const fullAccess: Access = {
  can: () => true,
  everywhere: () => true,
  sees: () => () => true,
  require: () => {},
  changedAt: 0,
  onChange: () => ({ [Symbol.dispose]: () => {} }),
};

/** Hosts and nobody: nothing but the methods that are for them. */
export const noAccess: Access = {
  ...fullAccess,
  can: () => false,
  everywhere: () => false,
  sees: () => () => false,
  require(privilege) {
    throw problem(Reason.PRIVILEGE_MISSING, { who: "this caller", privilege, object: "it" });
  },
};

/** What a user may do, narrowed by the scope of the token that they use. */
export class UserAccess implements Access {
  readonly #rights: RightsIndex;
  readonly #inventory: Inventory;
  readonly #user: { id: string; name: string; sinceMs?: number | undefined };
  readonly #allowed: ReadonlySet<Privilege> | undefined;
  readonly #within: ReadonlySet<string> | undefined;

  constructor(parts: {
    rights: RightsIndex;
    inventory: Inventory;
    /** `sinceMs`: when the user was made; undefined: not known. */
    user: { id: string; name: string; sinceMs?: number | undefined };
    scope?: TokenScope | undefined;
  }) {
    this.#rights = parts.rights;
    this.#inventory = parts.inventory;
    this.#user = parts.user;
    const { privileges = [], objects = [] } = parts.scope ?? {};
    if (privileges.length > 0) this.#allowed = new Set(privileges.flatMap(expandPrivilege));
    if (objects.length > 0) this.#within = new Set(objects.map(keyOf));
  }

  can(privilege: Privilege, path: Path): boolean {
    if (this.#allowed && !this.#allowed.has(privilege)) return false;
    const within = this.#within;
    if (within && !path.some((key) => within.has(key))) return false;
    return holds(this.#rights.of(this.#user.id), privilege, path);
  }

  everywhere(privilege: Privilege): boolean {
    if (this.#within && !this.#within.has(rootKey)) return false;
    if (this.#allowed && !this.#allowed.has(privilege)) return false;
    return holdsEverywhere(this.#rights.of(this.#user.id), privilege);
  }

  sees<K extends ObjectKind>(kind: K, privilege: Privilege): (row: RowOf<K>) => boolean {
    if (kind === "image") return (row) => this.#canImage(privilege, row as Image);
    return (row) => this.everywhere(privilege) || this.can(privilege, this.#inventory.pathOf(kind, row));
  }

  require(privilege: Privilege, ref: Pick<ResourceRef, "kind" | "id">): void {
    const path = this.#inventory.pathOfRef(ref);
    if (path && this.#canRef(privilege, ref, path)) return;
    if (!path || !this.#mayKnow(ref, path)) throw notFound(ref);
    const object = path[0] === rootKey ? "the root" : `${wordFor(ref.kind)} ${ref.id}`;
    throw problem(Reason.PRIVILEGE_MISSING, { who: this.#user.name, privilege, object });
  }

  get changedAt(): number {
    return this.#rights.changedAt;
  }

  onChange(listener: () => void): Disposable {
    let before = this.#rights.of(this.#user.id).key;
    return this.#rights.onChange(({ moved }) => {
      const { key, at } = this.#rights.of(this.#user.id);
      const concerned = [...moved].some((place) => at.has(place) || this.#within?.has(place) === true);
      if (key === before && !concerned) return;
      before = key;
      listener();
    });
  }

  /** There is always a root; anything else one knows of by being allowed to view it. */
  #mayKnow(ref: Pick<ResourceRef, "kind" | "id">, path: Path): boolean {
    if (keyOf(ref) === rootKey) return true;
    const view = `${ref.kind}.view`;
    return isPrivilege(view) && this.#canRef(view, ref, path);
  }

  #canRef(privilege: Privilege, ref: Pick<ResourceRef, "kind" | "id">, path: Path): boolean {
    const image = ref.kind === "image" ? this.#inventory.find("image", ref.id) : undefined;
    return image ? this.#canImage(privilege, image) : this.can(privilege, path);
  }

  #canImage(privilege: Privilege, image: Image): boolean {
    const path = this.#inventory.pathOf("image", image);
    const { name, sinceMs } = this.#user;
    return mayReach(image, privilege, {
      name,
      sinceMs,
      holds: (one) => this.can(one, path),
      holdsInAnyProject: (one) => this.can(one, [rootKey]) || this.#inAnyProject(one),
      isGranted: () => this.#rights.of(this.#user.id).at.has(`image/${image.id}`),
    });
  }

  #inAnyProject(privilege: Privilege): boolean {
    for (const [key, { below }] of this.#rights.of(this.#user.id).at) {
      if (key.startsWith("project/") && below.has(privilege) && this.can(privilege, [`${key}/*`, key, rootKey]))
        return true;
    }
    return false;
  }
}

/** The same for what is not there and for what the caller may not know of. */
export function notFound(ref: Pick<ResourceRef, "kind" | "id">): Error {
  return problem(Reason.NOT_FOUND, { kind: wordFor(ref.kind), id: ref.id });
}

/** As sentences call it: a VM, but a node. */
function wordFor(kind: string): string {
  return kind === "vm" ? "VM" : kind;
}

function keyOf({ kind, id }: Pick<ResourceRef, "kind" | "id">): string {
  return kind === rootKey || kind === "" ? rootKey : `${kind}/${id}`;
}
