import { ImageService, type Image } from "@limiquantix/api";
import { useSyncExternalStore } from "react";
import type { Connection } from "../../../api/connection.ts";
import { rpcSender, tusSender } from "./sender.ts";
import { forgetUnfinished, noteUnfinished } from "./unfinished.ts";
import { Upload, type UploadView } from "./upload.ts";

/** The uploads of this tab: they go on while one looks at other pages. */
export class Uploads {
  readonly #connection: Connection;
  readonly #uploads = new Map<string, Upload>();
  readonly #listeners = new Set<() => void>();
  #list: readonly UploadView[] | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    window.addEventListener("beforeunload", (event) => {
      if ([...this.#uploads.values()].some(({ ended }) => !ended)) event.preventDefault();
    });
  }

  get list(): readonly UploadView[] {
    return (this.#list ??= [...this.#uploads.values()].map(({ view }) => view));
  }

  find(imageId: string): Upload | undefined {
    return this.#uploads.get(imageId);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Sends a file into an image that waits for it. */
  start(image: Pick<Image, "id" | "name">, file: File, inTab: boolean): void {
    this.#uploads.get(image.id)?.cancel();
    const sender = inTab ? rpcSender(this.#connection.client(ImageService)) : tusSender;
    const upload = new Upload({ imageId: image.id, file, sender, onChange: () => this.#changed() });
    this.#uploads.set(image.id, upload);
    const { name: fileName, size: sizeBytes, lastModified } = file;
    if (!inTab) noteUnfinished({ imageId: image.id, imageName: image.name, fileName, sizeBytes, lastModified });
    void this.#run(upload);
  }

  resume(imageId: string): void {
    const upload = this.#uploads.get(imageId);
    if (upload) void this.#run(upload);
  }

  /** Takes it off the list; one that is on its way stops. */
  remove(imageId: string): void {
    this.#uploads.get(imageId)?.cancel();
    this.#uploads.delete(imageId);
    forgetUnfinished(imageId);
    this.#changed();
  }

  async #run(upload: Upload): Promise<void> {
    await upload.start();
    if (upload.ended) forgetUnfinished(upload.imageId);
    this.#changed();
  }

  #changed(): void {
    this.#list = undefined;
    for (const listener of this.#listeners) listener();
  }
}

const known = new WeakMap<Connection, Uploads>();

export function uploadsOf(connection: Connection): Uploads {
  const uploads = known.get(connection) ?? new Uploads(connection);
  known.set(connection, uploads);
  return uploads;
}

export function useUploads(connection: Connection): readonly UploadView[] {
  const uploads = uploadsOf(connection);
  return useSyncExternalStore(uploads.subscribe, () => uploads.list);
}
