import type { Entry } from "../entry.ts";

export const factorEntries: readonly Entry[] = [
  { name: "list", summary: "Your second factors", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  {
    name: "add-totp",
    summary: "Set up an authenticator app",
    verb: async () => (await import("./add-totp.ts")).addTotp,
  },
  {
    name: "remove",
    summary: "Remove one; asks for your password",
    aliases: ["rm"],
    verb: async () => (await import("./remove.ts")).remove,
  },
];
