import type { ObservedVm } from "@limiquantix/api";
import type { VmOrder } from "./plan-vm.ts";

/** How far the work on an order is. */
export interface Progress {
  step: string;
  /** 0 to 100, of the whole. */
  percent: number;
  message: string;
}

/** The work on one order, which any number of callers may follow; it goes on when they leave. */
export class EnsureJob {
  readonly order: VmOrder;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(progress: Progress) => void>();
  readonly #outcome = Promise.withResolvers<ObservedVm>();
  #last: Progress | undefined;

  constructor(order: VmOrder) {
    this.order = order;
    // A job that nobody follows any more may fail without an unhandled rejection.
    this.#outcome.promise.catch(() => {});
  }

  /** Aborts when something newer takes the job's place, with that as the reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get outcome(): Promise<ObservedVm> {
    return this.#outcome.promise;
  }

  cancel(reason: Error): void {
    this.#abort.abort(reason);
  }

  report(progress: Progress): void {
    this.#last = progress;
    for (const listener of this.#listeners) listener(progress);
  }

  settle(work: Promise<ObservedVm>): Promise<void> {
    return work.then(this.#outcome.resolve, this.#outcome.reject);
  }

  /** Calls `listener` with where the job is now and with each step to come. */
  follow(listener: (progress: Progress) => void): Disposable {
    if (this.#last) listener(this.#last);
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
