import type { Privilege } from "@limiquantix/api";
import type { Session } from "./session.ts";

/**
 * Whether one may do this everywhere. Asked before what is only nice to have: a refusal would stand in the audit log as
 * if somebody had tried something.
 */
export async function may(session: Session, privilege: Privilege): Promise<boolean> {
  const { answers } = await session.grants.canI({ checks: [{ privilege }] });
  return answers[0]?.allowed ?? false;
}
