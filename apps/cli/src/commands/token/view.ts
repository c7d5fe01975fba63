import { TokenSchema } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { moment } from "../../output/times.ts";
import { formatObject } from "../../rpc/resolve-object.ts";

export function tokenListView(): ListView<typeof TokenSchema> {
  return {
    schema: TokenSchema,
    empty: "no tokens",
    columns: [
      { header: "NAME", value: (token) => token.name },
      { header: "SCOPE", value: (token) => token.scopes.join(",") || "all" },
      { header: "ON", value: (token) => token.objects.map(formatObject).join(",") || "all" },
      { header: "LAST USED", value: (token) => moment(token.lastUsedAt) },
      { header: "GOOD UNTIL", value: (token) => moment(token.expiresAt) },
      { header: "FROM", value: (token) => token.lastAddress, wide: true },
      { header: "CREATED", value: (token) => moment(token.createdAt), wide: true },
      { header: "ID", value: (token) => token.id },
    ],
  };
}

export function sessionListView(): ListView<typeof TokenSchema> {
  return {
    schema: TokenSchema,
    empty: "no sessions",
    columns: [
      { header: "THIS", value: (token) => (token.current ? "*" : "") },
      { header: "CLIENT", value: (token) => token.client },
      { header: "FROM", value: (token) => token.lastAddress },
      { header: "SINCE", value: (token) => moment(token.createdAt) },
      { header: "LAST USED", value: (token) => moment(token.lastUsedAt) },
      { header: "GOOD UNTIL", value: (token) => moment(token.expiresAt) },
      { header: "ID", value: (token) => token.id },
    ],
  };
}
