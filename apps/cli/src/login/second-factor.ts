import type { LoginResponse, SecondFactor } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import type { Session } from "../rpc/session.ts";
import { askText } from "../terminal/prompt.ts";
import { UsageError } from "../usage-error.ts";

export interface FactorFlags {
  code?: string;
  recoveryCode?: string;
}

/** Answers the question for a second factor by a code of an app, or by a recovery code. */
export async function proveSecondFactor(
  cli: Cli,
  session: Session,
  { question, flags, csrPem }: { question: SecondFactor; flags: FactorFlags; csrPem: string },
): Promise<LoginResponse> {
  if (!question.totp && !question.recoveryCode)
    throw new UsageError("this account asks for a passkey, which needs a browser", "Use an API token: --token-stdin.");
  const given = flags.recoveryCode ?? flags.code;
  const what = question.totp ? "Code of your authenticator app, or a recovery code" : "Recovery code";
  const typed = (given ?? (await askText(cli.terminal, what))).replace(/\s/g, "");
  const proof = flags.recoveryCode === undefined && isTotpCode(typed) && question.totp ? "totpCode" : "recoveryCode";
  return session.auth.finishLogin({ loginId: question.loginId, proof: { case: proof, value: typed }, csrPem });
}

/** Six digits, or eight: RFC 6238. Recovery codes have letters. Pure. */
export function isTotpCode(text: string): boolean {
  return /^[0-9]{6}([0-9]{2})?$/.test(text);
}
