import { MetricsService } from "@limiquantix/api";
import { useSyncExternalStore } from "react";
import type { Connection } from "../api/connection.ts";
import { useConnection } from "../api/context.tsx";
import { LoadsFeed } from "./loads-feed.ts";
import type { Loads } from "./loads.ts";

/** One stream for all that look, on whichever page. */
const feeds = new WeakMap<Connection, LoadsFeed>();

/** The loads of all VMs, again every few seconds: for a table's column, a sort by load, a list of the busiest. */
export function useVmLoads(): Loads {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => feed.vms);
}

/** The same of all hosts. */
export function useNodeLoads(): Loads {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => feed.nodes);
}

function useFeed(): LoadsFeed {
  const connection = useConnection();
  let feed = feeds.get(connection);
  if (!feed) feeds.set(connection, (feed = new LoadsFeed(connection.client(MetricsService))));
  return feed;
}
