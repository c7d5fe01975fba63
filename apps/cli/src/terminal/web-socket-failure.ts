import { problem, Reason } from "@limiquantix/api";

/**
 * Why a console's WebSocket was refused (an HTTP status with a body) or closed (a close code with a reason); undefined
 * for an ordinary end. The body of a refusal is the API's own JSON error, or text.
 */
export function webSocketFailure(code: number, text: string): Error | undefined {
  if (code === 1000 || code === 1001 || code === 1005) return undefined;
  const why = messageIn(text);
  if (code === 401 || code === 403) return problem(Reason.CONSOLE_TICKET_INVALID);
  if (code === 1006) return problem(Reason.UNAVAILABLE, { what: "the console", why: why || "the connection broke" });
  return problem(Reason.UNAVAILABLE, { what: "the console", why: why || `the server answered ${code}` });
}

function messageIn(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // Not JSON: a proxy's own words.
  }
  return text.trim().slice(0, 500);
}
