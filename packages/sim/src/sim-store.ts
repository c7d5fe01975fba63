import type { Store } from "@limiquantix/control";
import type { Lifetime } from "./lifetime.ts";

/**
 * The store as one run of the control plane sees it: when that is killed, a commit has happened or not, and nothing
 * is answered any more. `onStep` hears of each commit before and after.
 */
export function storeOf(store: Store, life: Lifetime, onStep: (step: string) => void): Store {
  const guarded = <T>(work: () => Promise<T>): Promise<T> =>
    life.alive ? life.step(work()) : new Promise<T>(() => {});
  return {
    name: store.name,
    revision: () => guarded(() => store.revision()),
    get: (kind, id) => guarded(() => store.get(kind, id)),
    list: (kind, query) => guarded(() => store.list(kind, query)),
    async commit(operations) {
      onStep("before commit");
      const revision = await guarded(() => store.commit(operations));
      onStep("after commit");
      return life.step(Promise.resolve(revision));
    },
    async *watch(after, signal) {
      const commits = store.watch(after, AbortSignal.any([signal, life.killed]))[Symbol.asyncIterator]();
      // The underlying watch ends at the kill; nobody is left to hear of that.
      for (let next = await guarded(() => commits.next()); !next.done; next = await guarded(() => commits.next())) {
        yield next.value;
      }
    },
    acquireLease: (lease) => guarded(() => store.acquireLease(lease)),
    releaseLease: (name, holder) => guarded(() => store.releaseLease(name, holder)),
    // The store itself outlives this run.
    [Symbol.asyncDispose]: async () => {},
  };
}
