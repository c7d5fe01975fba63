import type { IncomingMessage, ServerResponse } from "node:http";
import { isProblem } from "@limiquantix/api";

export interface OidcCallbackParts {
  /** ControlPlane's: where the browser goes on to. Throws LOGIN_EXPIRED. */
  answer: (answer: URLSearchParams, host: string) => Promise<string>;
}

/**
 * GET /auth/oidc/callback: where an OpenID provider sends the browser back to. The code is traded here, not in the
 * browser, which goes on to where its login began. What belongs to no login that waits gets a sentence, and no redirect.
 */
export function oidcCallback({ answer }: OidcCallbackParts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A link checker's HEAD must not use the answer up.
    if (request.method !== "GET") return sendText(response, 405, "this address is only for browsers");
    const query = new URL(request.url ?? "/", "http://control-plane").searchParams;
    const host = request.headers.host ?? request.headers[":authority"] ?? "";
    let location: string;
    try {
      location = await answer(query, String(host));
    } catch (error) {
      if (!isProblem(error)) throw error;
      return sendText(response, 400, `${error.message}\n${error.tryThis}`);
    }
    // 303: the browser asks for it with GET. Nothing keeps the code: the answer is not stored, and no address that has
    // it is told on.
    response.writeHead(303, { location, "cache-control": "no-store", "referrer-policy": "no-referrer" }).end();
  };
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(`${text}\n`);
}
