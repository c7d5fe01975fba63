import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, UserSchema } from "@limiquantix/api";
import { UserRowSchema, type UserRow } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import type { ExternalUser } from "./provider-port.ts";
import { groups, providers, users } from "./tables.ts";

const longestName = 128;
const longestText = 256;

/**
 * Makes or updates the user whom a provider vouches for. They are found by provider and external id, never by name: a
 * local user, or another provider's, is never taken over; where their name is taken they are name@provider.
 * Throws LOGIN_FAILED for one who was disabled here, NAME_TAKEN.
 */
export async function adopt(parts: { db: Database; clock: Clock }, external: ExternalUser): Promise<UserRow> {
  const { db, clock } = parts;
  if (!external.externalId || !external.providerId) {
    throw new Error("an identity provider vouched for a user without an id");
  }
  return db.transact((tx) => {
    const known = tx.by(users, "external", `${external.providerId}/${external.externalId}`)[0];
    if (known?.user?.disabled) throw problem(Reason.LOGIN_FAILED);
    const id = known?.id ?? newId();
    const profile = {
      name: freeName(tx, external, id),
      fullName: external.fullName.slice(0, longestText),
      email: external.email.slice(0, longestText),
    };
    if (!known) {
      const createdAt = timestampFromMs(clock.now());
      const user = create(UserSchema, { ...profile, id, createdAt, providerId: external.providerId });
      tx.insert(users, create(UserRowSchema, { id, user, externalId: external.externalId }));
    } else {
      tx.update(users, id, (copy) => void (copy.user && Object.assign(copy.user, profile)));
    }
    setGroups(tx, db, id, external.groupIds);
    return tx.get(users, id);
  });
}

function freeName(tx: Transaction, { name, externalId, providerId }: ExternalUser, userId: string): string {
  // As CreateUser has names: what a provider answers ends up in logs, in sentences, on command lines.
  const plain = (name || externalId).replaceAll(/[^A-Za-z0-9._@+-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  const provider = tx.find(providers, providerId)?.provider?.name ?? providerId;
  const at = `@${provider}`.slice(0, longestName / 2);
  const wanted = plain.slice(0, longestName) || "user";
  const taken = (candidate: string) => tx.by(users, "name", candidate).some(({ id }) => id !== userId);
  if (!taken(wanted)) return wanted;
  const second = wanted.slice(0, longestName - at.length) + at;
  if (!taken(second)) return second;
  throw problem(Reason.NAME_TAKEN, { kind: "user", name: second });
}

/** The groups that providers put the user in are those of their last login, and no others. */
function setGroups(tx: Transaction, db: Database, userId: string, groupIds: readonly string[]): void {
  for (const { id } of db.all(groups)) {
    const wanted = groupIds.includes(id);
    const group = tx.find(groups, id);
    if (!group || group.providedMemberIds.includes(userId) === wanted) continue;
    tx.update(groups, id, (copy) => {
      const others = copy.providedMemberIds.filter((member) => member !== userId);
      copy.providedMemberIds = wanted ? [...others, userId] : others;
    });
  }
}
