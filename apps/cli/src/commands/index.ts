import type { Entry } from "./entry.ts";

/** The whole map: nouns are folders, verbs are files. */
export const entries: readonly Entry[] = [
  { name: "vm", summary: "Virtual machines", nouns: async () => (await import("./vm/index.ts")).vmEntries },
  {
    name: "node",
    summary: "Hosts",
    aliases: ["host"],
    nouns: async () => (await import("./node/index.ts")).nodeEntries,
  },
  {
    name: "image",
    summary: "Disk images and ISOs",
    nouns: async () => (await import("./image/index.ts")).imageEntries,
  },
  { name: "pool", summary: "Storage pools", nouns: async () => (await import("./pool/index.ts")).poolEntries },
  {
    name: "network",
    summary: "Networks and DHCP leases",
    nouns: async () => (await import("./network/index.ts")).networkEntries,
  },
  {
    name: "task",
    summary: "Long jobs: watch, cancel",
    nouns: async () => (await import("./task/index.ts")).taskEntries,
  },
  { name: "event", summary: "What happened", nouns: async () => (await import("./event/index.ts")).eventEntries },
  {
    name: "login",
    summary: "Log in to a control plane and remember it",
    verb: async () => (await import("./login.ts")).login,
  },
  {
    name: "logout",
    summary: "End the session and forget its token",
    verb: async () => (await import("./logout.ts")).logout,
  },
  { name: "whoami", summary: "Who the server takes us for", verb: async () => (await import("./whoami.ts")).whoami },
  {
    name: "passwd",
    summary: "Change your password",
    verb: async () => (await import("./passwd.ts")).passwd,
  },
  {
    name: "token",
    summary: "API tokens for programs",
    nouns: async () => (await import("./token/index.ts")).tokenEntries,
  },
  { name: "context", summary: "Saved logins", nouns: async () => (await import("./context/index.ts")).contextEntries },
  {
    name: "system",
    summary: "The control plane itself",
    nouns: async () => (await import("./system/index.ts")).systemEntries,
  },
  {
    name: "version",
    summary: "Versions of lqx and of the control plane",
    verb: async () => (await import("./version.ts")).version,
  },
  {
    name: "completion",
    summary: "Completion for bash, zsh or fish",
    verb: async () => (await import("./completion.ts")).completion,
  },
  {
    name: "__complete",
    summary: "Answers the shell's completion",
    hidden: true,
    verb: async () => (await import("./complete.ts")).complete,
  },
];
