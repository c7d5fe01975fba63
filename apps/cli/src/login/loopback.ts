import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UsageError } from "../usage-error.ts";

/** Where a browser comes back to after a login elsewhere: this machine alone (RFC 8252, section 7.3). */
export interface Loopback extends AsyncDisposable {
  readonly returnTo: string;
  /** What it came back with. Rejects when the login was refused there, and when the signal is aborted. */
  answer(signal: AbortSignal): Promise<{ code: string; loginId: string }>;
}

export async function listenForReturn(): Promise<Loopback> {
  // Another page on this machine cannot guess the path.
  const path = `/${randomBytes(16).toString("base64url")}`;
  const answers = new EventTarget();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname !== path || request.method !== "GET") return respond(response, 404, "There is nothing here.");
    const error = url.searchParams.get("error");
    respond(
      response,
      200,
      error ? "The login did not succeed. You may close this window." : "You are logged in. You may close this window.",
    );
    answers.dispatchEvent(new CustomEvent("answer", { detail: url.searchParams }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    returnTo: `http://127.0.0.1:${port}${path}`,
    async answer(signal) {
      const [event] = (await once(answers, "answer", { signal })) as [CustomEvent<URLSearchParams>];
      const error = event.detail.get("error");
      if (error) throw new UsageError(`the login was refused: ${error}`, "Try again, or ask who runs the provider.");
      return { code: event.detail.get("code") ?? "", loginId: event.detail.get("login_id") ?? "" };
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function respond(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  const style = "font: 1.2rem system-ui, sans-serif; margin: 20vh auto; max-width: 30rem; text-align: center";
  response.end(
    `<!doctype html><html lang="en"><title>limiquantix</title><body style="${style}"><p>${sentence}</p></body></html>`,
  );
}
