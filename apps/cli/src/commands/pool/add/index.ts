import type { Entry } from "../../entry.ts";

export const poolAddEntries: readonly Entry[] = [
  {
    name: "local",
    summary: "A directory on a host's own disk",
    verb: async () => (await import("./local.ts")).addLocal,
  },
  { name: "nfs", summary: "An export of an NFS server", verb: async () => (await import("./nfs.ts")).addNfs },
  {
    name: "rbd",
    summary: "A pool of a Ceph cluster",
    aliases: ["ceph"],
    verb: async () => (await import("./rbd.ts")).addRbd,
  },
  {
    name: "iscsi",
    summary: "A LUN of an iSCSI target, for one host or shared",
    verb: async () => (await import("./iscsi.ts")).addIscsi,
  },
  {
    name: "linstor",
    summary: "A resource group of a LINSTOR controller (DRBD)",
    verb: async () => (await import("./linstor.ts")).addLinstor,
  },
];
