import { Channel } from "@limiquantix/kit";

/** Work that any number of callers may follow; it goes on when they leave. */
export class Job<Progress, Result> {
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(progress: Progress) => void>();
  readonly #outcome = Promise.withResolvers<Result>();
  #last: Progress | undefined;

  constructor() {
    // A job that nobody follows any more may fail without an unhandled rejection.
    this.#outcome.promise.catch(() => {});
  }

  /** Aborts when something newer takes the job's place, with that as the reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get outcome(): Promise<Result> {
    return this.#outcome.promise;
  }

  cancel(reason: Error): void {
    this.#abort.abort(reason);
  }

  report(progress: Progress): void {
    this.#last = progress;
    for (const listener of this.#listeners) listener(progress);
  }

  settle(work: Promise<Result>): Promise<void> {
    return work.then(this.#outcome.resolve, this.#outcome.reject);
  }

  /** Calls `listener` with where the job is now and with each step to come. */
  follow(listener: (progress: Progress) => void): Disposable {
    if (this.#last !== undefined) listener(this.#last);
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

/** A job's progress until it ends or `signal` aborts; its outcome is not part of it. */
export async function* progressOf<Progress, Result>(
  job: Job<Progress, Result>,
  signal: AbortSignal,
): AsyncIterable<Progress> {
  const progress = new Channel<Progress>({ signal });
  using _following = job.follow((step) => progress.push(step));
  const end = () => progress.end();
  job.outcome.then(end, end);
  yield* progress;
}
