import type { Volume } from "@limiquantix/api";
import { ArrowRightLeft, Copy, Link2, Maximize2, Pencil, Trash2, Undo2, Unlink2, type LucideIcon } from "lucide-react";
import { strings } from "../../strings/index.ts";
import type { MenuItem } from "../../ui/menu.tsx";
import type { VolumeCan } from "./use-volume-can.ts";
import type { VolumeCommand } from "./use-volume-commands.tsx";
import { isRecycled, type VolumeAction } from "./volume-state.ts";

const s = strings.volumes.actions;

const icons: Record<VolumeAction, LucideIcon> = {
  attach: Link2,
  detach: Unlink2,
  resize: Maximize2,
  move: ArrowRightLeft,
  clone: Copy,
  edit: Pencil,
  delete: Trash2,
  restore: Undo2,
  purge: Trash2,
};

/** All that one can do to a volume; what is not possible now is grey, with the reason. */
export function volumeMenu(volume: Volume, can: VolumeCan, command: VolumeCommand): MenuItem[][] {
  const item = (action: VolumeAction): MenuItem => {
    const Icon = icons[action];
    return {
      label: s[action],
      icon: <Icon size={14} />,
      blocked: can(volume, action),
      danger: action === "delete" || action === "purge",
      onSelect: () => command(action, volume),
    };
  };
  if (isRecycled(volume)) return [[item("restore")], [item("purge")]];
  const attached = (volume.status?.attachedVmId ?? "") !== "";
  const both = attached && volume.spec?.shared;
  const attaching = both ? [item("attach"), item("detach")] : [item(attached ? "detach" : "attach")];
  return [[...attaching, item("resize"), item("move"), item("clone")], [item("edit")], [item("delete")]];
}
