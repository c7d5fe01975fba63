import { JoinTokenRowSchema, NodeCredentialRowSchema, TokenRowSchema, UserRowSchema } from "@limiquantix/api/rows";
import { table } from "../store/table.ts";

export const users = table({
  kind: "user",
  schema: UserRowSchema,
  indexes: { name: (row) => row.user?.name },
  unique: (row) => [row.user?.name ?? ""],
});

export const tokens = table({
  kind: "token",
  schema: TokenRowSchema,
  indexes: { secret: (row) => row.secretHash, user: (row) => row.token?.userId },
});

export const joinTokens = table({
  kind: "join-token",
  schema: JoinTokenRowSchema,
  indexes: { secret: (row) => row.secretHash },
});

/** By node id. */
export const nodeCredentials = table({
  kind: "node-credential",
  schema: NodeCredentialRowSchema,
  indexes: { secret: (row) => row.secretHash },
});
