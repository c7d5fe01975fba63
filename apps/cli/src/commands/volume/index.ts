import type { Entry } from "../entry.ts";

export const volumeEntries: readonly Entry[] = [
  {
    name: "create",
    summary: "Make a disk that no VM has yet: empty, or from an image, a volume, a snapshot",
    verb: async () => (await import("./create.ts")).create,
  },
  {
    name: "list",
    summary: "Volumes, with filters; --recycled: the recycle bin",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "get", summary: "One volume in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "edit", summary: "Change name, description, labels", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "resize",
    summary: "Grow it, also under a running guest",
    verb: async () => (await import("./resize.ts")).resize,
  },
  {
    name: "attach",
    summary: "Make it a disk of a VM, also of a running one",
    verb: async () => (await import("./attach.ts")).attach,
  },
  {
    name: "detach",
    summary: "Take it from its VM and keep it",
    verb: async () => (await import("./detach.ts")).detach,
  },
  { name: "clone", summary: "Make a full copy", verb: async () => (await import("./clone.ts")).clone },
  {
    name: "move",
    summary: "To another pool, also while its guest writes",
    aliases: ["mv"],
    verb: async () => (await import("./move.ts")).move,
  },
  {
    name: "delete",
    summary: "Into the recycle bin; --now: for good",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteVolume,
  },
  {
    name: "restore",
    summary: "Out of the recycle bin",
    verb: async () => (await import("./restore.ts")).restore,
  },
];
