import { VolumeService } from "@limiquantix/api";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

const s = strings.volumes.detachDialog;

export function DetachVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const { inventory } = useConnection();
  const vm = useRow(inventory.vm, volume.status?.attachedVmId ?? "");
  return (
    <AskFirst
      title={s.title(volume.name, vm?.name ?? strings.common.kinds["vm"] ?? "")}
      action={s.do}
      done={s.done}
      danger={false}
      work={() => client.detachVolume({ volumeId: volume.id, idempotencyKey: newKey() })}
      onClose={onClose}
    >
      <p>{s.text}</p>
    </AskFirst>
  );
}
