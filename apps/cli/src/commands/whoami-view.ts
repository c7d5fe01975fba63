import { toJson } from "@bufbuild/protobuf";
import { GrantSchema, TokenSchema, UserSchema, type Grant, type Token, type User } from "@limiquantix/api";
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
  const [groupName, grants, token] = await Promise.all([
    readGroupNames(session),
    orNothing(() => readGrants(session, user)),
    orNothing(async () => (await session.auth.listTokens({})).tokens.filter((one) => one.current)),
  ]);
  const groups = user.groupIds.map(groupName);
  if (isMachine(cli.flags.output)) {
    const self = toJson(UserSchema, user) as Record<string, string>;
    const [current] = token;
    return printData(cli, {
      ...self,
      server: session.server,
      groups,
      grants: grants.map((grant) => toJson(GrantSchema, grant)),
      ...(current ? { token: toJson(TokenSchema, current) } : {}),
    });
  }
  cli.print(
    `${user.name} at ${session.server}${user.administrator ? " (administrator)" : ""}`,
    ...renderFields([
      ["Full name", user.fullName],
      ["Groups", groups.join(", ")],
      ["Roles", grants.map(roleOf).join("\n       ")],
      ...(token[0] ? tokenFields(token[0]) : []),
    ]),
  );
  if (user.mustChangePassword) cli.warn("change your password first: `lqx passwd`");
}

function tokenFields(token: Token): [string, string][] {
  return [
    ["Token", token.name],
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

/** Who may not see it all still learns who they are: a scoped token, somebody who must change their password first. */
async function orNothing<Item>(read: () => Promise<Item[]>): Promise<Item[]> {
  try {
    return await read();
  } catch {
    return [];
  }
}
