import { timestampMs } from "@bufbuild/protobuf/wkt";
import { ImageSpec_Visibility as Visibility, type Image, type Privilege } from "@limiquantix/api";

/*
 * What an image's visibility adds to the grants, or takes from them:
 * PUBLIC: who may view or use images of any project may view or use this one; all else is by the grants.
 * PROJECT: by the grants alone.
 * PRIVATE: of those whom the grants let, its creator, who may edit its project, and who has a grant on the image itself.
 */

const reading: ReadonlySet<Privilege> = new Set(["image.view", "image.use"]);

export interface ImageReader {
  name: string;
  /** When the user was made, in milliseconds: an older user of the same name is somebody else. Undefined: not known. */
  sinceMs: number | undefined;
  /** Held on the image, by grants. */
  holds: (privilege: Privilege) => boolean;
  /** Held on some project, with all in it. */
  holdsInAnyProject: (privilege: Privilege) => boolean;
  /** There is a grant on the image itself. */
  isGranted: () => boolean;
}

/** Whether the privilege counts on this image. */
export function mayReach(image: Image, privilege: Privilege, reader: ImageReader): boolean {
  const visibility = image.spec?.visibility ?? Visibility.PROJECT;
  if (visibility === Visibility.PUBLIC && reading.has(privilege) && reader.holdsInAnyProject(privilege)) return true;
  if (!reader.holds(privilege)) return false;
  return (
    visibility !== Visibility.PRIVATE || isCreator(image, reader) || reader.holds("project.edit") || reader.isGranted()
  );
}

function isCreator({ createdBy, createdAt }: Image, { name, sinceMs }: ImageReader): boolean {
  return createdBy === name && sinceMs !== undefined && createdAt !== undefined && timestampMs(createdAt) >= sinceMs;
}
