import type { Entry } from "../entry.ts";

export const networkEntries: readonly Entry[] = [
  { name: "list", summary: "Networks", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  { name: "get", summary: "One network in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "leases", summary: "Addresses that DHCP gave out", verb: async () => (await import("./leases.ts")).leases },
];
