import type { Entry } from "../entry.ts";

export const metricsEntries: readonly Entry[] = [
  {
    name: "show",
    summary: "What an object was measured at in the last hour, or in another time",
    verb: async () => (await import("./show.ts")).show,
  },
  {
    name: "watch",
    summary: "What an object is measured at, as it happens",
    verb: async () => (await import("./watch.ts")).watch,
  },
  { name: "top", summary: "The busiest VMs, or hosts", verb: async () => (await import("./top.ts")).top },
];
