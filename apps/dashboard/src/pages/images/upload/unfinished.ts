/** An upload that this browser began and that is not done: with its file it goes on, also after a reload. */
export interface Unfinished {
  imageId: string;
  imageName: string;
  fileName: string;
  sizeBytes: number;
  lastModified: number;
}

const key = "limiquantix.uploads";

/** What a file is recognised by: nobody reads gigabytes to compare them. */
export function isFileOf({ fileName, sizeBytes, lastModified }: Unfinished, file: File): boolean {
  return file.name === fileName && file.size === sizeBytes && file.lastModified === lastModified;
}

export function unfinishedUploads(storage: Storage = localStorage): Unfinished[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isUnfinished) : [];
  } catch {
    return [];
  }
}

export function noteUnfinished(upload: Unfinished, storage: Storage = localStorage): void {
  const others = unfinishedUploads(storage).filter(({ imageId }) => imageId !== upload.imageId);
  storage.setItem(key, JSON.stringify([...others, upload]));
}

export function forgetUnfinished(imageId: string, storage: Storage = localStorage): void {
  const others = unfinishedUploads(storage).filter((upload) => upload.imageId !== imageId);
  if (others.length === 0) storage.removeItem(key);
  else storage.setItem(key, JSON.stringify(others));
}

function isUnfinished(value: unknown): value is Unfinished {
  const upload = value as Partial<Unfinished> | null;
  return typeof upload?.imageId === "string" && typeof upload.fileName === "string";
}
