/** Runs jobs one after the other, in the order given. A job that fails does not stop those behind it. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** Jobs that run or wait. */
  get length(): number {
    return this.#length;
  }

  run<T>(job: () => T | Promise<T>): Promise<T> {
    this.#length++;
    const result = this.#tail.then(job).finally(() => this.#length--);
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Resolves when all jobs given so far have ended. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
