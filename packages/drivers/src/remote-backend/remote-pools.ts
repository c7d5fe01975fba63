import { KeyedQueue } from "../files/keyed-queue.ts";
import { RemotePool, type RemotePoolOptions } from "./remote-pool.ts";

/** Pools in processes of their own. One that is opened again waits until it was let go of. */
export class RemotePools {
  readonly #queue = new KeyedQueue();

  open(options: RemotePoolOptions): Promise<RemotePool> {
    const { pool } = options;
    const leave = (work: () => Promise<void>) => this.#queue.run(pool, work);
    return this.#queue.run(pool, () => RemotePool.open({ ...options, leave }));
  }
}
