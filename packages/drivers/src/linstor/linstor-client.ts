import { Code, isError, LinstorError, parseAnswer, resultsIn } from "./api-call-rc.ts";

export interface LinstorAccess {
  /** http(s)://HOST:PORT each. */
  controllers: readonly string[];
  /** Empty: none. `user:password` where the controller asks LDAP for them, else a token of its own. */
  token: string;
}

/** A controller answers what it knows at once; a change is answered when the nodes have made it. */
const LOOK_TIMEOUT_MS = 15_000;
const CHANGE_TIMEOUT_MS = 180_000;
const WORDS_LIMIT = 300;

/** No controller can be spoken with. */
export class LinstorUnreachable extends Error {}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** LINSTOR's REST API, at whichever controller is the active one. */
export class LinstorClient {
  readonly #access: LinstorAccess;
  /** The one that answered last. */
  #active = 0;

  constructor(access: LinstorAccess) {
    this.#access = access;
  }

  get<T>(path: string): Promise<T> {
    return this.#ask("GET", path) as Promise<T>;
  }

  /** Undefined: there is no such thing. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof LinstorError && error.status === 404) return undefined;
      throw error;
    }
  }

  async change(method: Exclude<Method, "GET">, path: string, body?: object): Promise<void> {
    await this.#ask(method, path, body);
  }

  async #ask(method: Method, path: string, body?: object): Promise<unknown> {
    const { controllers } = this.#access;
    const failures: string[] = [];
    for (let i = 0; i < controllers.length; i++) {
      const index = (this.#active + i) % controllers.length;
      const controller = controllers[index] ?? "";
      let response: { status: number; text: string };
      try {
        response = await this.#fetch(new URL(path, controller), method, body);
      } catch (error) {
        failures.push(`${controller}: ${causeOf(error)}`);
        // A change that may have been begun is not begun a second time elsewhere.
        if (method === "GET" || isUnsent(error)) continue;
        break;
      }
      // What is in front of a controller that is not the active one.
      if (response.status === 502 || response.status === 503 || response.status === 504) {
        failures.push(`${controller}: HTTP status ${response.status}`);
        if (method === "GET" || response.status === 503) continue;
        break;
      }
      this.#active = index;
      return understood(controller, response);
    }
    throw new LinstorUnreachable(`no LINSTOR controller answers: ${failures.join("; ")}`);
  }

  async #fetch(url: URL, method: Method, body: object | undefined): Promise<{ status: number; text: string }> {
    const { token } = this.#access;
    const scheme = token.includes(":") ? `Basic ${Buffer.from(token).toString("base64")}` : `Bearer ${token}`;
    const response = await fetch(url, {
      method,
      headers: {
        accept: "application/json",
        ...(body && { "content-type": "application/json" }),
        ...(token && { authorization: scheme }),
      },
      ...(body && { body: JSON.stringify(body) }),
      // A token goes nowhere but where it was meant for.
      redirect: "manual",
      signal: AbortSignal.timeout(method === "GET" ? LOOK_TIMEOUT_MS : CHANGE_TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  }
}

function understood(controller: string, { status, text }: { status: number; text: string }): unknown {
  if (status >= 300 && status < 400)
    throw new LinstorUnreachable(`${controller} sends elsewhere: give the pool the https address of the controller`);
  if (status === 401 || status === 403)
    throw new LinstorUnreachable(`${controller} does not accept the token (HTTP status ${status})`);
  let answer: unknown;
  try {
    answer = parseAnswer(text);
  } catch (cause) {
    if (status === 404) throw new LinstorError(status, []);
    const said = text.slice(0, WORDS_LIMIT).trim();
    throw new LinstorUnreachable(`${controller} is no LINSTOR controller: it answered ${JSON.stringify(said)}`, {
      cause,
    });
  }
  const results = resultsIn(answer);
  const errors = results.filter(isError);
  const refusal = new LinstorError(status, errors.length > 0 ? errors : results);
  if (refusal.has(Code.SIGN_IN, Code.SIGN_IN + 1))
    throw new LinstorUnreachable(`${controller} does not accept the token: ${refusal.message}`, { cause: refusal });
  if (status >= 400 || errors.length > 0) throw refusal;
  return answer;
}

const UNSENT = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function isUnsent(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string; errors?: { code?: string }[] } };
  const codes = cause?.errors?.map(({ code }) => code) ?? [cause?.code];
  return codes.length > 0 && codes.every((code) => code !== undefined && UNSENT.has(code));
}

function causeOf(error: unknown): string {
  const { message, name, cause } = error as Error & { cause?: { message?: string; code?: string } };
  if (name === "TimeoutError") return "no answer in time";
  return cause?.message || cause?.code || message;
}
