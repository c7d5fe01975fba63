import type { Entry } from "../entry.ts";

export const providerEntries: readonly Entry[] = [
  { name: "list", summary: "Identity providers", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  { name: "get", summary: "One provider in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  {
    name: "create-oidc",
    summary: "Let an OpenID Connect provider vouch for people",
    verb: async () => (await import("./create-oidc.ts")).createOidc,
  },
  {
    name: "create-ldap",
    summary: "Let an LDAP server or Active Directory vouch for people",
    verb: async () => (await import("./create-ldap.ts")).createLdap,
  },
  { name: "edit", summary: "Change its settings", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "map-group",
    summary: "Whoever is in a group there is in a group here",
    verb: async () => (await import("./map-group.ts")).mapGroup,
  },
  { name: "test", summary: "Go there now and say what works", verb: async () => (await import("./test.ts")).test },
  {
    name: "delete",
    summary: "Delete; its users stay and cannot log in any more",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteProvider,
  },
];
