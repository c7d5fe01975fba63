import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ImageSchema,
  ImageStatus_Phase,
  ImageStatusSchema,
  problem,
  Reason,
  type Image,
  type ImageSpecSchema,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type { Subject } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import type { Database, Transaction } from "../store/database.ts";
import { images, vms } from "../tables.ts";

/*
 *   PENDING ──pool chosen──▶ DOWNLOADING ──complete, checked──▶ READY
 *      │                         │ └────bad content───▶ ERROR      │
 *      └───────────┬─────────────┴────────────┬───────────┴────────┘
 *                  └────────delete────────▶ DELETING ──▶ (gone)
 */

export const defaultProject = "default";

/** A new image, PENDING, in the transaction. A name that is taken fails the transaction with NAME_TAKEN. */
export function insertImage(
  tx: Transaction,
  wanted: {
    clock: Clock;
    call: Call;
    name: string;
    projectId: string;
    labels?: Record<string, string>;
    description?: string;
    spec: MessageInitShape<typeof ImageSpecSchema>;
  },
): Image {
  const now = timestampFromMs(wanted.clock.now());
  const image = create(ImageSchema, {
    id: newId(),
    name: wanted.name,
    projectId: wanted.projectId || defaultProject,
    labels: wanted.labels ?? {},
    description: wanted.description ?? "",
    spec: wanted.spec,
    status: create(ImageStatusSchema, { phase: ImageStatus_Phase.PENDING }),
    createdAt: now,
    updatedAt: now,
    createdBy: wanted.call.principal.name,
    generation: 1n,
  });
  tx.insert(images, image);
  return image;
}

/** Changes the status of an image and notes when. */
export function updateImageStatus(
  tx: Transaction,
  clock: Clock,
  id: string,
  change: (status: NonNullable<Image["status"]>) => void,
): Image {
  return tx.update(images, id, (image) => {
    image.status ??= create(ImageStatusSchema);
    change(image.status);
    image.updatedAt = timestampFromMs(clock.now());
  });
}

export function phaseName(image: Image): string {
  return ImageStatus_Phase[image.status?.phase ?? ImageStatus_Phase.UNKNOWN];
}

export function refOf(image: Image): Subject {
  return { kind: "image", id: image.id, name: image.name, projectId: image.projectId };
}

/** Throws IMAGE_IN_USE, naming the VMs, while a disk or a drive of one is made from the image. */
export function assertUnused(db: Pick<Database, "all">, image: Image): void {
  const users: string[] = [];
  for (const vm of db.all(vms)) {
    const uses = [...(vm.spec?.disks ?? []), ...(vm.spec?.cdroms ?? [])];
    if (uses.some((device) => device.imageId === image.id)) users.push(vm.name);
  }
  if (users.length === 0) return;
  const shown = users.slice(0, 5).join(", ") + (users.length > 5 ? ", …" : "");
  throw problem(Reason.IMAGE_IN_USE, { image: image.name, count: String(users.length), vms: shown });
}
