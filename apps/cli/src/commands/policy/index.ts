import type { Entry } from "../entry.ts";

export const policyEntries: readonly Entry[] = [
  { name: "get", summary: "How people log in", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "set", summary: "Change it", verb: async () => (await import("./set.ts")).set },
];
