import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import type { Divergence } from "./divergence.ts";
import type { HostLinks } from "./host-links.ts";
import type { HostMetrics } from "../hosts/host-metrics.ts";
import type { HostObserver } from "./host-observer.ts";
import type { NodeTrust } from "../trust/node-trust.ts";
import type { NodeVitals } from "./vitals.ts";

/** What the RPCs on hosts are made of. */
export interface NodeServiceParts {
  db: Database;
  clock: Clock;
  trust: NodeTrust;
  links: HostLinks;
  observer: HostObserver;
  vitals: NodeVitals;
  divergence: Divergence;
  metrics: HostMetrics;
}
