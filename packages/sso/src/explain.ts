import { ResultCodeError } from "ldapts";
import { WWWAuthenticateChallengeError } from "openid-client";

/** LDAP's result codes (RFC 4511, A.1), as far as a search or a bind has them. */
const resultWords: Record<number, string> = {
  3: "it took the directory too long",
  8: "the directory asks for a stronger proof than a password",
  11: "the directory's own limit was exceeded",
  13: "the directory asks for encryption",
  32: "there is nothing of that name, or the search account may not see it",
  34: "that is no DN",
  48: "an account without a password cannot bind",
  49: "the DN or the password is wrong, or the account is locked",
  50: "the search account may not do that",
  51: "the directory is busy",
  52: "the directory is shutting down",
  53: "the directory refuses it",
};

const plainWords: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the other side closed the connection",
  ETIMEDOUT: "no answer within the time limit",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ENOTFOUND: "its name is not known to DNS",
  EAI_AGAIN: "DNS did not answer",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself, and not by an authority that is trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not trusted",
  CERT_SIGNATURE_FAILURE: "its certificate comes from an authority that is not trusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS on that port",
};

/** An error in plain words: what went wrong at the bottom of it, and its code for who looks it up. */
export function explain(error: unknown): string {
  const causes = chain(error);
  for (const cause of causes.toReversed()) {
    const code = codeOf(cause);
    const words = plainWords[code];
    if (words) return `${words} (${code})`;
    const result = cause instanceof ResultCodeError ? resultWords[cause.code] : undefined;
    if (result) return `${result} (LDAP result ${(cause as ResultCodeError).code})`;
  }
  // The outermost says what was being done, the innermost why it failed.
  const messages = causes.flatMap((cause) => (cause instanceof Error ? [cause.message] : []));
  const words = [messages[0], messages.at(-1), ...causes.map(oauthError)].filter((each) => each);
  return words.length > 0 ? [...new Set(words)].join(": ") : String(error);
}

/** What an OpenID provider names as its error (RFC 6749, 5.2): invalid_grant. */
function oauthError(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (error instanceof WWWAuthenticateChallengeError) return error.cause[0]?.parameters["error"] ?? "";
  if (!("error" in error) || typeof error.error !== "string") return "";
  const told = "error_description" in error && typeof error.error_description === "string";
  return told ? `${error.error} (${String(error.error_description).slice(0, 200)})` : error.error;
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

function chain(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let at = error; at !== undefined && found.length < 10; at = innerOf(at)) found.push(at);
  return found;
}

/** The error beneath; of several addresses that were tried, the first one's. */
function innerOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0] as unknown;
  return error instanceof Error ? error.cause : undefined;
}
