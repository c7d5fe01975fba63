import { ImageSpec_Visibility } from "@limiquantix/api";
import { UsageError } from "../../usage-error.ts";

/** Whom an image is for, as people type it. */
export function parseVisibility(text: string): ImageSpec_Visibility {
  const name = text.toUpperCase();
  if (name === "PRIVATE" || name === "PROJECT" || name === "PUBLIC") return ImageSpec_Visibility[name];
  throw new UsageError(`${JSON.stringify(text)} is no visibility`, "Choose private, project or public.");
}

/** private, project, public. */
export function visibilityName(visibility: ImageSpec_Visibility | undefined): string {
  return ImageSpec_Visibility[visibility || ImageSpec_Visibility.PROJECT].toLowerCase();
}
