import type { Entry } from "../entry.ts";

export const taskEntries: readonly Entry[] = [
  { name: "list", summary: "Tasks, newest first", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  {
    name: "get",
    summary: "One task with its steps",
    aliases: ["show"],
    verb: async () => (await import("./get.ts")).get,
  },
  { name: "watch", summary: "Follow tasks to their end", verb: async () => (await import("./watch.ts")).watch },
  { name: "cancel", summary: "Ask a task to stop", verb: async () => (await import("./cancel.ts")).cancel },
];
