import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { GetImageCatalogResponseSchema, GetUploadOffsetResponseSchema, type ImageService } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { callOf } from "../rpc/context.ts";
import type { Database } from "../store/database.ts";
import { images } from "../tables.ts";
import { imageCatalogue } from "./catalogue.ts";
import { createImage } from "./rpc/create-image.ts";
import { deleteImage } from "./rpc/delete-image.ts";
import { downloadImage, importImageFromUrl } from "./rpc/import-image.ts";
import { listImages } from "./rpc/list-images.ts";
import { updateImage } from "./rpc/update-image.ts";
import { watchImages } from "./rpc/watch-images.ts";
import type { Uploads } from "./upload.ts";

export function imageService(parts: { db: Database; clock: Clock; uploads: Uploads }) {
  const { db, uploads } = parts;
  return {
    createImage: (request, context) => createImage(parts, request, callOf(context)),
    uploadImage: (messages, context) => uploads.receive(messages, context.signal),
    getUploadOffset: async ({ imageId }, context) =>
      create(GetUploadOffsetResponseSchema, { offset: await uploads.offset(imageId, context.signal) }),
    importImage: (request, context) => importImageFromUrl(parts, request, callOf(context)),
    downloadImage: (request, context) => downloadImage(parts, request, callOf(context)),
    getImage: ({ id }) => db.get(images, id),
    listImages: (request, context) => listImages(db, request, callOf(context)),
    updateImage: (request, context) => updateImage(parts, request, callOf(context)),
    deleteImage: (request, context) => deleteImage(parts, request, callOf(context)),
    getImageCatalog: () => create(GetImageCatalogResponseSchema, { entries: [...imageCatalogue] }),
    watchImages: (request, context) => watchImages(db, request, callOf(context)),
  } satisfies ServiceImpl<typeof ImageService>;
}
