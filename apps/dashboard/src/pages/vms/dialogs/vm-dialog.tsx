import type { VirtualMachine } from "@limiquantix/api";
import { useConnection } from "../../../api/context.tsx";
import { useRow } from "../../../live/use-collection.ts";
import type { VmDialogKind } from "../use-vm-commands.tsx";
import { AdoptDialog } from "./adopt-dialog.tsx";
import { CloneDialog } from "./clone-dialog.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { MoveDialog } from "./move-dialog.tsx";
import { PowerDialog } from "./power-dialog.tsx";
import { ResourcesDialog } from "./resources-dialog.tsx";
import { SettingsDialog } from "./settings-dialog.tsx";
import { TakeSnapshotDialog } from "../snapshots/take-snapshot-dialog.tsx";
import { TemplateDialog } from "./template-dialog.tsx";

export interface VmDialogProps {
  vm: VirtualMachine;
  onClose: () => void;
}

/** One dialog about one VM, as it is now. */
export function VmDialog({ kind, vm: given, onClose }: VmDialogProps & { kind: VmDialogKind }) {
  const { inventory } = useConnection();
  const vm = useRow(inventory.vm, given.id) ?? given;
  switch (kind) {
    case "settings":
      return <SettingsDialog vm={vm} onClose={onClose} />;
    case "resources":
      return <ResourcesDialog vm={vm} onClose={onClose} />;
    case "move":
      return <MoveDialog vm={vm} onClose={onClose} />;
    case "adopt":
      return <AdoptDialog vm={vm} onClose={onClose} />;
    case "delete":
      return <DeleteDialog vm={vm} onClose={onClose} />;
    case "kill":
    case "reset":
      return <PowerDialog vm={vm} action={kind} onClose={onClose} />;
    case "clone":
      return <CloneDialog vm={vm} onClose={onClose} />;
    case "snapshot":
      return <TakeSnapshotDialog vm={vm} onClose={onClose} />;
    case "template":
      return <TemplateDialog vm={vm} onClose={onClose} />;
  }
}
