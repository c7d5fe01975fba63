import { Token_Kind, TokenSchema } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { moment } from "../../output/times.ts";

export function tokenListView(): ListView<typeof TokenSchema> {
  return {
    schema: TokenSchema,
    empty: "no tokens",
    columns: [
      { header: "ID", value: (token) => token.id },
      { header: "KIND", value: (token) => Token_Kind[token.kind] ?? "" },
      { header: "NAME", value: (token) => token.name },
      { header: "CREATED", value: (token) => moment(token.createdAt) },
      { header: "LAST USED", value: (token) => moment(token.lastUsedAt) },
      { header: "GOOD UNTIL", value: (token) => moment(token.expiresAt) },
    ],
  };
}
