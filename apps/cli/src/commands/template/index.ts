import type { Entry } from "../entry.ts";

export const templateEntries: readonly Entry[] = [
  {
    name: "make",
    summary: "Turn a stopped VM into a template",
    aliases: ["create"],
    verb: async () => (await import("./make.ts")).make,
  },
  {
    name: "unmake",
    summary: "Turn a template back into a VM",
    verb: async () => (await import("./make.ts")).unmake,
  },
  { name: "list", summary: "Templates", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  {
    name: "deploy",
    summary: "Make a VM from a template",
    verb: async () => (await import("./deploy.ts")).deploy,
  },
];
