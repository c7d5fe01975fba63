import type { Entry } from "../entry.ts";

export const vmEntries: readonly Entry[] = [
  { name: "create", summary: "Make a VM and start it", verb: async () => (await import("./create.ts")).create },
  {
    name: "list",
    summary: "VMs, with filters; --watch follows them",
    aliases: ["ls"],
    verb: async () => (await import("./list.ts")).list,
  },
  { name: "get", summary: "One VM in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "start", summary: "Start, or go on from suspend", verb: async () => (await import("./start.ts")).start },
  {
    name: "stop",
    summary: "Shut down, or cut the power with --force",
    verb: async () => (await import("./stop.ts")).stop,
  },
  { name: "reboot", summary: "Restart the guest", verb: async () => (await import("./reboot.ts")).reboot },
  {
    name: "pause",
    summary: "Hold the processors, keep the memory",
    verb: async () => (await import("./pause.ts")).pause,
  },
  { name: "resume", summary: "Go on after a pause", verb: async () => (await import("./resume.ts")).resume },
  {
    name: "suspend",
    summary: "Save memory to disk and stop",
    verb: async () => (await import("./suspend.ts")).suspend,
  },
  {
    name: "edit",
    summary: "Change settings by flags, or in $EDITOR",
    verb: async () => (await import("./edit.ts")).edit,
  },
  {
    name: "clone",
    summary: "Make a VM from another: full, --linked, or from a --snapshot",
    verb: async () => (await import("./clone.ts")).clone,
  },
  {
    name: "move-to",
    summary: "Put into a folder of its project",
    verb: async () => (await import("./move-to.ts")).moveTo,
  },
  {
    name: "delete",
    summary: "Into the recycle bin with its disks; --now: for good",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteVm,
  },
  {
    name: "bin",
    summary: "The recycle bin: deleted VMs",
    aliases: ["recycle-bin", "trash"],
    nouns: async () => (await import("./bin/index.ts")).binEntries,
  },
  {
    name: "console",
    summary: "Serial console in this terminal",
    verb: async () => (await import("./console.ts")).console,
  },
  { name: "ssh", summary: "Log in by SSH", verb: async () => (await import("./ssh.ts")).ssh },
  { name: "events", summary: "What happened to a VM", verb: async () => (await import("./events.ts")).events },
  {
    name: "why-not",
    summary: "Where a VM fits and, host by host, why not",
    verb: async () => (await import("./why-not.ts")).whyNot,
  },
  {
    name: "adopt",
    summary: "Take a VM that was found on a host under management",
    verb: async () => (await import("./adopt.ts")).adopt,
  },
  {
    name: "attach-disk",
    summary: "Add an empty disk, or one made from an image",
    verb: async () => (await import("./attach-disk.ts")).attachDisk,
  },
  {
    name: "detach-disk",
    summary: "Take a disk away; it stays as a volume",
    verb: async () => (await import("./detach-disk.ts")).detachDisk,
  },
  { name: "resize-disk", summary: "Grow a disk", verb: async () => (await import("./resize-disk.ts")).resizeDisk },
  {
    name: "attach-nic",
    summary: "Add a network interface",
    verb: async () => (await import("./attach-nic.ts")).attachNic,
  },
  {
    name: "detach-nic",
    summary: "Remove a network interface",
    verb: async () => (await import("./detach-nic.ts")).detachNic,
  },
  { name: "mount", summary: "Put an ISO into the CD drive", verb: async () => (await import("./mount.ts")).mount },
  { name: "eject", summary: "Empty the CD drive", verb: async () => (await import("./eject.ts")).eject },
];
