import type { Entry } from "../entry.ts";

export const systemEntries: readonly Entry[] = [
  { name: "info", summary: "Version, store, revision", verb: async () => (await import("./info.ts")).info },
];
