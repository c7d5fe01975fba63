import type { Entry } from "../entry.ts";

export const certificateEntries: readonly Entry[] = [
  {
    name: "list",
    summary: "Certificates and until when they are good",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "revoke", summary: "Lock out its holder at once", verb: async () => (await import("./revoke.ts")).revoke },
  {
    name: "authority",
    summary: "The built-in authority: its fingerprint, or with --pem its certificate",
    verb: async () => (await import("./authority.ts")).authority,
  },
];
