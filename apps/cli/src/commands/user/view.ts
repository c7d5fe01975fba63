import { timestampMs } from "@bufbuild/protobuf/wkt";
import { User_Kind, UserSchema, type User } from "@limiquantix/api";
import { systemClock } from "@limiquantix/kit";
import type { Cli } from "../../cli.ts";
import { paintState, type Paint } from "../../output/paint.ts";
import { printMessage, type ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";

export function userListView(paint: Paint): ListView<typeof UserSchema> {
  return {
    schema: UserSchema,
    empty: "no users",
    columns: [
      { header: "NAME", value: (user) => user.name },
      { header: "STATE", value: stateOf, paint: (text) => paintState(paint, text) },
      { header: "KIND", value: kindOf },
      { header: "FULL NAME", value: (user) => user.fullName },
      { header: "ADMIN", value: (user) => (user.administrator ? "yes" : "") },
      { header: "2ND FACTOR", value: (user) => (user.secondFactor ? "yes" : "") },
      { header: "LAST LOGIN", value: (user) => age(user.lastLoginAt), right: true },
      { header: "EMAIL", value: (user) => user.email, wide: true },
      { header: "ID", value: (user) => user.id, wide: true },
    ],
  };
}

export async function printUser(cli: Cli, user: User, names: UserNames): Promise<void> {
  await printMessage(cli, UserSchema, user, (it) => describeUser(it, names));
}

export interface UserNames {
  group: (id: string) => string;
  provider: (id: string) => string;
}

export function describeUser(user: User, names: UserNames): string[] {
  return renderFields([
    ["Name", user.name],
    ["Id", user.id],
    ["State", stateOf(user)],
    ["Kind", kindOf(user)],
    ["Full name", user.fullName],
    ["E-mail", user.email],
    ["Administrator", user.administrator ? "yes" : ""],
    ["Vouched for by", user.providerId ? names.provider(user.providerId) : ""],
    ["Groups", user.groupIds.map(names.group).join(", ")],
    ["Second factor", user.secondFactor ? "yes" : "no"],
    ["Password", user.mustChangePassword ? "must be changed at the next login" : ""],
    ["Locked until", isLocked(user) ? moment(user.lockedUntil) : ""],
    ["Last login", moment(user.lastLoginAt)],
    ["Created", moment(user.createdAt)],
    ["Revision", String(user.revision)],
  ]);
}

function kindOf(user: User): string {
  return user.kind === User_Kind.SERVICE ? "service" : "person";
}

function stateOf(user: User): string {
  if (user.disabled) return "DISABLED";
  return isLocked(user) ? "LOCKED" : "ACTIVE";
}

function isLocked({ lockedUntil }: User): boolean {
  return lockedUntil !== undefined && timestampMs(lockedUntil) > systemClock.now();
}
