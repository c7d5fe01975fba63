import { Token_Kind, type Token } from "@limiquantix/api";
import { getUserId } from "../../rpc/resolve-identities.ts";
import type { Session } from "../../rpc/session.ts";

/** Sessions or API tokens in force: one's own, or another user's. */
export async function readTokens(session: Session, what: "token" | "session", user?: string): Promise<Token[]> {
  const userId = user === undefined ? "" : await getUserId(session, user);
  const { tokens } = await session.auth.listTokens({ userId });
  return tokens.filter(({ kind }) => (kind === Token_Kind.SESSION) === (what === "session"));
}
