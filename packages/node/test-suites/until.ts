import { isProblem, type Reason } from "@limiquantix/api";

/** Looks again and again, with turns of the event loop in between, until `look` answers; throws after `timeoutMs`. */
export async function until<T>(what: string, timeoutMs: number, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + timeoutMs; ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The reason of the problem that `call` ends with; throws when it succeeds. */
export async function reasonOf(call: Promise<unknown>): Promise<Reason> {
  try {
    await call;
  } catch (error) {
    if (isProblem(error)) return error.reason;
    throw error;
  }
  throw new Error("the call succeeded");
}
