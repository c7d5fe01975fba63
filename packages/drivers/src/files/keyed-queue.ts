import { SerialQueue } from "@limiquantix/kit";

/** One queue per key: jobs of the same key run one after the other, those of different keys side by side. */
export class KeyedQueue {
  readonly #queues = new Map<string, SerialQueue>();

  async run<T>(key: string, job: () => T | Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? new SerialQueue();
    this.#queues.set(key, queue);
    try {
      return await queue.run(job);
    } finally {
      if (queue.length === 0 && this.#queues.get(key) === queue) this.#queues.delete(key);
    }
  }
}
