import type { Clock } from "./clock.ts";

interface Timer {
  at: number;
  order: number;
  background: boolean;
  fn: () => void;
}

/** A clock that moves only when told: `advance` runs the timers that fall due, in order, letting promises run between. */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void, options: { background?: boolean } = {}): Disposable {
    const timer: Timer = {
      // Whole milliseconds, as a machine's clock tells them: a backoff is seldom whole.
      at: this.#now + Math.max(0, Math.ceil(ms)),
      order: this.#order++,
      background: options.background ?? false,
      fn,
    };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Milliseconds until the next timer that something waits for, or undefined when none is set. */
  untilNext(): number | undefined {
    const next = this.#next(false);
    return next && Math.max(0, next.at - this.#now);
  }

  /** Moves time forward by `ms`, running due timers in the order of their times. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await drain();
    for (let next = this.#next(true); next && next.at <= end; next = this.#next(true)) {
      this.#now = Math.max(this.#now, next.at);
      this.#timers.delete(next);
      next.fn();
      await drain();
    }
    this.#now = end;
  }

  #next(withBackground: boolean): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.background && !withBackground) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Lets everything that is already runnable run: some turns of the event loop, in a browser too. */
export async function drain(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    });
  }
}
