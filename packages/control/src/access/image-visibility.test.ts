import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ImageSchema, ImageSpec_Visibility as Visibility } from "@limiquantix/api";
import { expect, test } from "vitest";
import { mayReach, type ImageReader } from "./image-visibility.ts";

const image = create(ImageSchema, {
  createdBy: "ann",
  createdAt: timestampFromMs(5000),
  spec: { visibility: Visibility.PRIVATE },
});
const ann: ImageReader = {
  name: "ann",
  sinceMs: 1000,
  holds: (privilege) => privilege.startsWith("image."),
  holdsInAnyProject: () => true,
  isGranted: () => false,
};

test("a private image's creator is known by the name and by having been there first", () => {
  expect(mayReach(image, "image.use", ann)).toBe(true);
  expect(mayReach(image, "image.use", { ...ann, name: "bob" })).toBe(false);
  expect(mayReach(image, "image.use", { ...ann, sinceMs: 9000 })).toBe(false);
  expect(mayReach(image, "image.use", { ...ann, sinceMs: undefined })).toBe(false);
  expect(mayReach(image, "image.use", { ...ann, name: "bob", isGranted: () => true })).toBe(true);
  // Its creator's grants are gone.
  expect(mayReach(image, "image.use", { ...ann, holds: () => false })).toBe(false);
});
