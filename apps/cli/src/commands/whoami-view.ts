import { toJson } from "@bufbuild/protobuf";
import { GrantSchema, Token_Kind, TokenSchema, UserSchema, type Grant, type Token, type User } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import { isMachine } from "../output/format.ts";
import { printData } from "../output/print.ts";
import { renderFields } from "../output/table.ts";
import { moment } from "../output/times.ts";
import { allPages, pageSize } from "../rpc/pages.ts";
import { formatObject } from "../rpc/resolve-object.ts";
import type { Session } from "../rpc/session.ts";
import { readGroupNames } from "./group/names.ts";

/** Who the server takes us for: groups, roles, and what the token is good for. */
export async function describeSelf(cli: Cli): Promise<void> {
  const session = await cli.connect();
  const user = await session.auth.whoAmI({});
  const { groups, grants, token } = await readRest(session, user);
  if (isMachine(cli.flags.output)) {
    const self = toJson(UserSchema, user) as Record<string, string>;
    return printData(cli, {
      ...self,
      server: session.server,
      groups,
      grants: grants.map((grant) => toJson(GrantSchema, grant)),
      ...(token ? { token: toJson(TokenSchema, token) } : {}),
    });
  }
  cli.print(
    `${user.name} at ${session.server}${user.administrator ? " (administrator)" : ""}`,
    ...renderFields([
      ["Full name", user.fullName],
      ["Groups", groups.join(", ")],
      ["Roles", grants.map(roleOf).join("\n")],
      ...(token ? tokenFields(token) : []),
    ]),
  );
  if (user.mustChangePassword) cli.warn("change your password first: `lqx passwd`");
}

/** Nothing but who they are for somebody who must change their password first: the rest is refused. */
async function readRest(session: Session, user: User) {
  if (user.mustChangePassword) return { groups: [], grants: [], token: undefined };
  const [listed, grants, { tokens }] = await Promise.all([
    readGroupNames(session),
    readGrants(session, user),
    session.auth.listTokens({}),
  ]);
  // Who may not see groups knows the names of those that gave them something.
  const held = new Map(grants.map(({ holder, holderName }) => [holder.value, holderName]));
  const groups = user.groupIds.map((id) => held.get(id) || listed(id));
  return { groups, grants, token: tokens.find((one) => one.current) };
}

function tokenFields(token: Token): [string, string][] {
  return [
    ["Token", token.kind === Token_Kind.API ? token.name : ""],
    ["Good for", token.scopes.join(", ")],
    ["Good on", token.objects.map(formatObject).join(", ")],
    ["Good until", moment(token.expiresAt)],
  ];
}

function roleOf({ roleName, roleId, object, holder, holderName }: Grant): string {
  const by = holder.case === "groupId" ? ` (group ${holderName || holder.value})` : "";
  return `${roleName || roleId} on ${formatObject(object)}${by}`;
}

function readGrants(session: Session, { id }: User): Promise<Grant[]> {
  return allPages(async (pageToken) => {
    const page = await session.grants.listGrants({ userId: id, effective: true, pageSize, pageToken });
    return { items: page.grants, nextPageToken: page.nextPageToken };
  });
}
