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
  type Volume,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type { Access } from "../access/access.ts";
import type { Subject } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import type { Database, Transaction } from "../store/database.ts";
import { images, vms, volumes } from "../tables.ts";

/*
 *   PENDING ──pool chosen──▶ DOWNLOADING ──complete, checked──▶ READY
 *      │                         │ │ └─of another format─▶ CONVERTING ─▶ (READY)
 *      │                         │ └──bad content──▶ ERROR ◀─────┤     │
 *      └───────────┬─────────────┴────────────┬────────┴─────────┴─────┘
 *                  └────────delete────────▶ DELETING ──▶ (gone)
 */

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
    projectId: wanted.projectId,
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

/**
 * Throws IMAGE_IN_USE while a disk or a drive of a VM, or a volume that no VM has, is made from the image. It names those
 * that the caller may see; others only count.
 */
export function assertUnused(db: Pick<Database, "all" | "find">, image: Image, access: Access): void {
  const mayName = access.sees("vm", "vm.view");
  const named: string[] = [];
  let count = 0;
  for (const vm of db.all(vms)) {
    const uses = [...(vm.spec?.disks ?? []), ...(vm.spec?.cdroms ?? [])];
    if (!uses.some((device) => device.imageId === image.id)) continue;
    count++;
    if (named.length < 5 && mayName(vm)) named.push(vm.name);
  }
  const mayNameVolume = access.sees("volume", "volume.view");
  for (const volume of db.all(volumes)) {
    const from = volume.spec?.source?.from;
    if (from?.case !== "imageId" || from.value !== image.id || !isOwnUse(db, volume)) continue;
    count++;
    if (named.length < 5 && mayNameVolume(volume)) named.push(`volume ${volume.name}`);
  }
  if (count === 0) return;
  const others = count - named.length;
  const shown = [...named, ...(others > 0 ? [named.length > 0 ? `${others} more` : "not shown to you"] : [])].join(
    ", ",
  );
  throw problem(Reason.IMAGE_IN_USE, { image: image.name, count: String(count), vms: shown });
}

/** The VM that has the volume does not name its image itself. */
function isOwnUse(db: Pick<Database, "find">, { id, status }: Volume): boolean {
  const vm = db.find(vms, status?.attachedVmId ?? "");
  return !vm?.spec?.disks.some((disk) => disk.volumeId === id && disk.imageId !== "");
}
