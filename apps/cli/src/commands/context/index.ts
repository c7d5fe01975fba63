import type { Entry } from "../entry.ts";

export const contextEntries: readonly Entry[] = [
  { name: "list", summary: "Saved logins", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  { name: "use", summary: "Choose the current one", verb: async () => (await import("./use.ts")).use },
];
