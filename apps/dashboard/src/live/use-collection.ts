import { useSyncExternalStore } from "react";
import type { Collection } from "./collection.ts";
import type { Feed, Link } from "./feed.ts";

/** The rows of a collection, and again when they change. */
export function useRows<Row extends { id: string }>(collection: Collection<Row>): readonly Row[] {
  return useSyncExternalStore(collection.subscribe, () => collection.rows);
}

/** One row of a collection, and again when it changes: other rows' changes cost nothing. */
export function useRow<Row extends { id: string }>(collection: Collection<Row>, id: string): Row | undefined {
  return useSyncExternalStore(collection.subscribe, () => collection.get(id));
}

export function useLink(feed: Feed): Link {
  return useSyncExternalStore(feed.subscribe, () => feed.link);
}
