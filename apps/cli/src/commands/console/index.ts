import type { Entry } from "../entry.ts";

export const consoleEntries: readonly Entry[] = [
  {
    name: "open",
    summary: "A VM's screen in a native viewer",
    verb: async () => (await import("./open.ts")).open,
  },
  {
    name: "register",
    summary: "Let the desktop open limiquantix:// links with lqx",
    verb: async () => (await import("./register.ts")).register,
  },
  {
    name: "screenshot",
    summary: "What is on a VM's screen, as a PNG",
    verb: async () => (await import("./screenshot.ts")).screenshot,
  },
  { name: "who", summary: "Who is at a VM's consoles", verb: async () => (await import("./who.ts")).who },
  {
    name: "share",
    summary: "Make a link to a VM's screen that needs no account",
    verb: async () => (await import("./share.ts")).share,
  },
  { name: "links", summary: "Links to a VM's screen", verb: async () => (await import("./links.ts")).links },
  { name: "revoke", summary: "End a link to a VM's screen", verb: async () => (await import("./revoke.ts")).revoke },
];
