import type { Entry } from "../entry.ts";

export const imageEntries: readonly Entry[] = [
  {
    name: "upload",
    summary: "Upload a file; a broken upload goes on where it stopped",
    verb: async () => (await import("./upload.ts")).upload,
  },
  { name: "import", summary: "Fetch from a URL", verb: async () => (await import("./import.ts")).importImage },
  { name: "catalog", summary: "Public cloud images by name", verb: async () => (await import("./catalog.ts")).catalog },
  {
    name: "download",
    summary: "Fetch an entry of the catalogue",
    verb: async () => (await import("./download.ts")).download,
  },
  { name: "list", summary: "Images", aliases: ["ls"], verb: async () => (await import("./list.ts")).list },
  { name: "get", summary: "One image in full", aliases: ["show"], verb: async () => (await import("./get.ts")).get },
  { name: "edit", summary: "Rename, describe, label", verb: async () => (await import("./edit.ts")).edit },
  {
    name: "delete",
    summary: "Delete an image that no disk is based on",
    aliases: ["rm"],
    verb: async () => (await import("./delete.ts")).deleteImage,
  },
];
