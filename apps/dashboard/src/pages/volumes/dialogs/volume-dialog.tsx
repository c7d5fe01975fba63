import type { Volume } from "@limiquantix/api";
import { useConnection } from "../../../api/context.tsx";
import { useRow } from "../../../live/use-collection.ts";
import type { VolumeDialogKind } from "../use-volume-commands.tsx";
import { AttachVolumeDialog } from "./attach-volume-dialog.tsx";
import { CloneVolumeDialog } from "./clone-volume-dialog.tsx";
import { DeleteVolumeDialog } from "./delete-volume-dialog.tsx";
import { DetachVolumeDialog } from "./detach-volume-dialog.tsx";
import { EditVolumeDialog } from "./edit-volume-dialog.tsx";
import { MoveVolumeDialog } from "./move-volume-dialog.tsx";
import { ResizeVolumeDialog } from "./resize-volume-dialog.tsx";

export interface VolumeDialogProps {
  volume: Volume;
  onClose: () => void;
}

const dialogs = {
  attach: AttachVolumeDialog,
  detach: DetachVolumeDialog,
  resize: ResizeVolumeDialog,
  move: MoveVolumeDialog,
  clone: CloneVolumeDialog,
  edit: EditVolumeDialog,
  delete: DeleteVolumeDialog,
  purge: DeleteVolumeDialog,
} satisfies Record<VolumeDialogKind, (props: VolumeDialogProps) => unknown>;

/** One dialog about one volume, as it is now. */
export function VolumeDialog({ kind, volume: given, onClose }: VolumeDialogProps & { kind: VolumeDialogKind }) {
  const { inventory } = useConnection();
  const volume = useRow(inventory.volume, given.id) ?? given;
  const One = dialogs[kind];
  return <One volume={volume} onClose={onClose} />;
}
