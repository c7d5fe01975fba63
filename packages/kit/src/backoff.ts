/** Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). */
export interface BackoffOptions {
  /** Ceiling of the first wait, in milliseconds. */
  baseMs: number;
  /** No wait is longer than this, in milliseconds. */
  maxMs: number;
  /** 0 ≤ x < 1; a test passes a fixed one. */
  random?: () => number;
}

/** Milliseconds to wait before attempt `attempt` (1 is the first retry): between half and all of the ceiling. */
export function backoffMs(attempt: number, { baseMs, maxMs, random = Math.random }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling / 2 + (ceiling / 2) * random();
}
