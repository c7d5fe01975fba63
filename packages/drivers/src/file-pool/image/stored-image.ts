import { fromJson, toJson, type JsonValue } from "@bufbuild/protobuf";
import { ImageContentSchema, ImageSpec_Format } from "@limiquantix/api";
import type { StoredImage } from "@limiquantix/node";
import { join } from "node:path";

const extensions = new Map([
  [ImageSpec_Format.QCOW2, ".qcow2"],
  [ImageSpec_Format.RAW, ".raw"],
  [ImageSpec_Format.ISO, ".iso"],
]);
export const imageExtensions = [...extensions.values()];

/** The sidecar of an image: what was found out about it when it was complete. */
export interface ImageRecord {
  format: "QCOW2" | "RAW" | "ISO";
  sizeBytes: number;
  virtualSizeBytes: number;
  sha256: string;
  /** What came, where it was converted. */
  originalFormat?: string;
  /** By protobuf's JSON. */
  content?: JsonValue;
}

export function imageFile(directory: string, imageId: string, format: ImageSpec_Format): string {
  const extension = extensions.get(format);
  if (!extension) throw new Error(`images of format ${ImageSpec_Format[format]} are not stored`);
  return join(directory, imageId + extension);
}

export function toRecord(image: StoredImage): ImageRecord {
  const { format, sizeBytes, virtualSizeBytes, sha256, originalFormat, content } = image;
  return {
    format: ImageSpec_Format[format] as ImageRecord["format"],
    sizeBytes,
    virtualSizeBytes,
    sha256,
    ...(originalFormat ? { originalFormat: ImageSpec_Format[originalFormat] } : {}),
    ...(content ? { content: toJson(ImageContentSchema, content) } : {}),
  };
}

export function fromRecord(directory: string, imageId: string, record: ImageRecord): StoredImage {
  const { sizeBytes, virtualSizeBytes, sha256, content } = record;
  const format = ImageSpec_Format[record.format];
  const path = imageFile(directory, imageId, format);
  const image: StoredImage = { imageId, path, format, sizeBytes, virtualSizeBytes, sha256 };
  if (record.originalFormat) image.originalFormat = formatOf(record.originalFormat);
  if (content) image.content = fromJson(ImageContentSchema, content, { ignoreUnknownFields: true });
  return image;
}

export function formatOf(name: string): ImageSpec_Format {
  return ImageSpec_Format[name as keyof typeof ImageSpec_Format] ?? ImageSpec_Format.UNKNOWN;
}

/** What QEMU calls the format; an ISO is raw to it. */
export function qemuFormat(format: ImageSpec_Format): "qcow2" | "raw" {
  return format === ImageSpec_Format.QCOW2 ? "qcow2" : "raw";
}
