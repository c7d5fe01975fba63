import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** From when until when something is good, in milliseconds since the Unix epoch. */
export interface Life {
  fromMs: number;
  untilMs: number;
}

/** When what lives so long is to be renewed: at two thirds of its life, in whole milliseconds. */
export function renewalDue({ fromMs, untilMs }: Life): number {
  return Math.floor(fromMs + ((untilMs - fromMs) * 2) / 3);
}

/** No try waits longer than this for the next, in milliseconds. */
const slowestMs = 3600_000;

export interface RenewalOptions {
  clock: Clock;
  /** Makes the next one and answers its life. */
  renew: () => Promise<Life>;
  /** Called after each failure; what was there goes on being used. */
  failed: (cause: unknown, failures: number) => void;
  /** 0 ≤ x < 1; a test passes a fixed one. */
  random?: () => number;
}

/**
 * Renews at two thirds of a life, a little later for some than for others so that not all of a cluster come at once,
 * and tries again with backoff for as long as it takes.
 */
export class Renewal implements Disposable {
  readonly #options: RenewalOptions;
  #life: Life | undefined;
  #failures = 0;
  #timer: Disposable | undefined;
  #ended = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** From now on with this one; an earlier one is forgotten. */
  follow(life: Life): void {
    this.#life = life;
    this.#failures = 0;
    const { clock, random = Math.random } = this.#options;
    const jitterMs = ((life.untilMs - life.fromMs) / 30) * random();
    this.#after(renewalDue(life) + jitterMs - clock.now());
  }

  /** There is none yet: tries now. */
  begin(): void {
    this.#after(0);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#timer?.[Symbol.dispose]();
  }

  #after(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#ended) return;
    // Timers do not reach further than 24.8 days.
    const stepMs = Math.min(Math.max(ms, 0), 20 * 24 * 3600_000);
    const next = () => (ms > stepMs ? this.#after(ms - stepMs) : void this.#try());
    this.#timer = this.#options.clock.after(stepMs, next, { background: true });
  }

  async #try(): Promise<void> {
    const before = this.#life;
    try {
      const life = await this.#options.renew();
      if (!this.#ended && this.#life === before) this.follow(life);
    } catch (cause) {
      if (this.#ended || this.#life !== before) return;
      this.#failures++;
      this.#options.failed(cause, this.#failures);
      this.#after(this.#retryMs());
    }
  }

  /** A short life leaves time for tries as well. */
  #retryMs(): number {
    const life = this.#life;
    const maxMs = Math.min(slowestMs, life ? (life.untilMs - life.fromMs) / 20 : slowestMs);
    const { random = Math.random } = this.#options;
    return backoffMs(this.#failures, { baseMs: Math.min(10_000, maxMs), maxMs, random });
  }
}
