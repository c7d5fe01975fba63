import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { ConsoleLinkSchema, problem, Reason, type ConsoleLink, type VirtualMachine } from "@limiquantix/api";
import { ConsoleLinkRowSchema, type ConsoleLinkRow } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import { fullAccess, UserAccess, type Caller, type Inventory, type RightsIndex } from "../access/index.ts";
import { devId } from "../identity/gate.ts";
import { hashSecret } from "../identity/secrets.ts";
import { tokens, users } from "../identity/tables.ts";
import type { Principal } from "../rpc/call.ts";
import type { Database, Transaction } from "../store/database.ts";
import { deleteWhere } from "../store/delete-where.ts";
import type { ConsoleAuthenticator } from "./guarded-console.ts";
import { consoleLinks } from "./table.ts";

export interface ConsoleLinkParts {
  db: Database;
  clock: Clock;
  rights: RightsIndex;
  inventory: Inventory;
  /** Hears when an account is disabled or gone. */
  accounts: { onChange(listener: () => void): Disposable };
  dev: boolean;
}

export interface NewConsoleLink {
  secret: string;
  vm: VirtualMachine;
  minutes: number;
  viewOnly: boolean;
  note: string;
  by: Principal;
}

const minuteMs = 60_000;

/**
 * Secrets that each open one VM's screen, without an account, until they expire. A link can do no more than who made
 * it may do at that moment, with the scope of the token that it was made with.
 */
export class ConsoleLinks {
  readonly #parts: ConsoleLinkParts;

  constructor(parts: ConsoleLinkParts) {
    this.#parts = parts;
  }

  insert(tx: Transaction, { secret, vm, minutes, viewOnly, note, by }: NewConsoleLink): ConsoleLink {
    const now = this.#parts.clock.now();
    const link = create(ConsoleLinkSchema, {
      id: newId(),
      vmId: vm.id,
      projectId: vm.projectId,
      viewOnly,
      note,
      createdBy: by.name,
      createdAt: timestampFromMs(now),
      expiresAt: timestampFromMs(now + minutes * minuteMs),
    });
    const token = by.kind === "user" ? this.#parts.db.find(tokens, by.tokenId)?.token : undefined;
    const row = create(ConsoleLinkRowSchema, {
      id: link.id,
      link,
      secretHash: hashSecret(secret),
      userId: by.id,
      scopes: token?.scopes ?? [],
      objects: token?.objects ?? [],
    });
    tx.insert(consoleLinks, row);
    return link;
  }

  /** Those of a VM that are in force. */
  of(vmId: string): ConsoleLink[] {
    return this.#parts.db
      .by(consoleLinks, "vm", vmId)
      .flatMap((row) => (row.link && !this.#expired(row) ? [row.link] : []));
  }

  /** Whom a secret lets in, as whoever made it. Throws CONSOLE_LINK_INVALID, and what its maker may not. */
  open(secret: string): { link: ConsoleLink; caller: Caller } {
    const found = this.#parts.db.by(consoleLinks, "secret", hashSecret(secret))[0];
    const { link, row } = this.#inForce(found?.id ?? "");
    const caller = this.#callerOf(row);
    caller.access.require("vm.console", { kind: "vm", id: link.vmId });
    return { link, caller };
  }

  /** What keeps a console open that a link opened: the link, and its maker's account. */
  guard(linkId: string): ConsoleAuthenticator {
    const { db, clock, accounts } = this.#parts;
    return {
      recheck: () => void this.#inForce(linkId),
      onChange(listener) {
        const stack = new DisposableStack();
        stack.use(accounts.onChange(listener));
        stack.use(
          db.subscribe((changes) => {
            if (changes.some(({ table, id }) => table.kind === consoleLinks.kind && id === linkId)) listener();
          }),
        );
        const expiresAt = db.find(consoleLinks, linkId)?.link?.expiresAt;
        const leftMs = expiresAt ? timestampMs(expiresAt) - clock.now() : 0;
        stack.use(clock.after(Math.max(0, leftMs), listener, { background: true }));
        return stack;
      },
    };
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    await deleteWhere(this.#parts.db, consoleLinks, (row) => this.#expired(row));
  }

  #inForce(id: string): { row: ConsoleLinkRow; link: ConsoleLink } {
    const { db } = this.#parts;
    const row = id ? db.find(consoleLinks, id) : undefined;
    if (!row?.link || this.#expired(row)) throw problem(Reason.CONSOLE_LINK_INVALID);
    if (row.userId === devId ? !this.#parts.dev : db.find(users, row.userId)?.user?.disabled !== false) {
      throw problem(Reason.CONSOLE_LINK_INVALID);
    }
    return { row, link: row.link };
  }

  #callerOf({ userId, link, scopes, objects }: ConsoleLinkRow): Caller {
    const { rights, inventory } = this.#parts;
    const user = { id: userId, name: link?.createdBy ?? "" };
    const scope = { privileges: scopes, objects };
    const access = userId === devId ? fullAccess : new UserAccess({ rights, inventory, user, scope });
    return { principal: { kind: "user", ...user, tokenId: "" }, access };
  }

  #expired({ link }: ConsoleLinkRow): boolean {
    return !link?.expiresAt || timestampMs(link.expiresAt) <= this.#parts.clock.now();
  }
}
