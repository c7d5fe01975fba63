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
  {
    name: "template",
    summary: "VMs to make others from",
    nouns: async () => (await import("./template/index.ts")).templateEntries,
  },
  {
    name: "snapshot",
    summary: "What a VM was at one instant: take, go back to, delete",
    aliases: ["snap"],
    nouns: async () => (await import("./snapshot/index.ts")).snapshotEntries,
  },
  {
    name: "volume",
    summary: "Disks with a life of their own",
    aliases: ["disk"],
    nouns: async () => (await import("./volume/index.ts")).volumeEntries,
  },
  { name: "pool", summary: "Storage pools", nouns: async () => (await import("./pool/index.ts")).poolEntries },
  {
    name: "network",
    summary: "Networks and DHCP leases",
    nouns: async () => (await import("./network/index.ts")).networkEntries,
  },
  {
    name: "cluster",
    summary: "Hosts that belong together",
    nouns: async () => (await import("./cluster/index.ts")).clusterEntries,
  },
  {
    name: "project",
    summary: "Tenants: whose VMs are whose, and quotas",
    nouns: async () => (await import("./project/index.ts")).projectEntries,
  },
  {
    name: "folder",
    summary: "Folders of VMs in a project",
    nouns: async () => (await import("./folder/index.ts")).folderEntries,
  },
  {
    name: "console",
    summary: "Screens of VMs: native viewers, links, pictures",
    nouns: async () => (await import("./console/index.ts")).consoleEntries,
  },
  {
    name: "task",
    summary: "Long jobs: watch, cancel",
    nouns: async () => (await import("./task/index.ts")).taskEntries,
  },
  { name: "event", summary: "What happened", nouns: async () => (await import("./event/index.ts")).eventEntries },
  {
    name: "metrics",
    summary: "How busy VMs and hosts are, and were",
    nouns: async () => (await import("./metrics/index.ts")).metricsEntries,
  },
  {
    name: "audit",
    summary: "Who did what: search, export, verify",
    nouns: async () => (await import("./audit/index.ts")).auditEntries,
  },
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
    name: "factor",
    summary: "Your second factors",
    nouns: async () => (await import("./factor/index.ts")).factorEntries,
  },
  {
    name: "session",
    summary: "Where you are logged in",
    nouns: async () => (await import("./token/index.ts")).sessionEntries,
  },
  {
    name: "token",
    summary: "API tokens for programs",
    nouns: async () => (await import("./token/index.ts")).tokenEntries,
  },
  {
    name: "can-i",
    summary: "Whether you may do something",
    verb: async () => (await import("./can-i.ts")).canI,
  },
  {
    name: "user",
    summary: "People, and accounts for programs",
    nouns: async () => (await import("./user/index.ts")).userEntries,
  },
  { name: "group", summary: "Groups of users", nouns: async () => (await import("./group/index.ts")).groupEntries },
  {
    name: "role",
    summary: "Privileges gathered under a name",
    nouns: async () => (await import("./role/index.ts")).roleEntries,
  },
  {
    name: "privilege",
    summary: "Everything that one may be allowed to do",
    nouns: async () => (await import("./role/index.ts")).privilegeEntries,
  },
  {
    name: "grant",
    summary: "Who holds which role on what",
    nouns: async () => (await import("./grant/index.ts")).grantEntries,
  },
  {
    name: "policy",
    summary: "How people log in: passwords, lockout, sessions",
    nouns: async () => (await import("./policy/index.ts")).policyEntries,
  },
  {
    name: "provider",
    summary: "Identity providers: OpenID Connect, LDAP, Active Directory",
    nouns: async () => (await import("./provider/index.ts")).providerEntries,
  },
  {
    name: "certificate",
    summary: "Certificates and their authority",
    nouns: async () => (await import("./certificate/index.ts")).certificateEntries,
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
