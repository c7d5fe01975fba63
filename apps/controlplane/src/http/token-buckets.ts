export interface Rate {
  perSecond: number;
  burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A token bucket for each key. At most `most` keys are remembered: the one that is not used for longest is forgotten
 * first, and starts anew with a full bucket.
 */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #most: number;
  readonly #now: () => number;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, options: { most?: number; now?: () => number } = {}) {
    this.#rate = rate;
    this.#most = options.most ?? 50_000;
    this.#now = options.now ?? (() => performance.now());
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes `cost` tokens and answers 0, or takes none and answers how many milliseconds it is until there are enough. */
  take(key: string, cost = 1): number {
    const { perSecond, burst } = this.#rate;
    const now = this.#now();
    const before = this.#buckets.get(key);
    const tokens = before ? Math.min(burst, before.tokens + ((now - before.at) / 1000) * perSecond) : burst;
    const enough = tokens >= Math.min(cost, burst);
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: enough ? tokens - cost : tokens, at: now });
    if (this.#buckets.size > this.#most) this.#forgetOldest();
    return enough ? 0 : Math.max(1, ((cost - tokens) / perSecond) * 1000);
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
