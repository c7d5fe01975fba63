import { timestampDate } from "@bufbuild/protobuf/wkt";
import { VMService, type Snapshot } from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { Checkbox } from "../../../ui/field.tsx";
import type { VmDialogProps } from "../dialogs/vm-dialog.tsx";
import { mayRun } from "../vm-actions.ts";

const s = strings.snapshots.revertDialog;

/** Goes back to a snapshot; says before what that loses. */
export function RevertDialog({ vm, snapshot, onClose }: VmDialogProps & { snapshot: Snapshot }) {
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const running = mayRun(vm);
  const [start, setStart] = useState(running);
  const { id, name, memoryIncluded, createdAt } = snapshot;
  const kept = new Set(snapshot.disks.map(({ volumeId }) => volumeId));
  const added = (vm.spec?.disks ?? []).filter(({ volumeId }) => !kept.has(volumeId));
  const revert = async () => {
    const request = { vmId: vm.id, snapshotId: id, startAfterRevert: start, idempotencyKey: newKey() };
    const { warnings } = await client.revertToSnapshot(request);
    toast.success(s.done(name), warnings.length > 0 ? { description: warnings.join(" ") } : {});
  };
  return (
    <AskFirst title={s.title(vm.name, name)} action={s.do} work={revert} onClose={onClose}>
      <p>{s.text(createdAt ? timestampDate(createdAt).toLocaleString() : "")}</p>
      <p className="text-warn">{s.lost}</p>
      {running && <p className="text-warn">{s.cut}</p>}
      {added.length > 0 && (
        <p>{s.disks(added.map(({ volumeId }) => inventory.volume.get(volumeId)?.name ?? volumeId).join(", "))}</p>
      )}
      {memoryIncluded ? (
        <p>{s.memory}</p>
      ) : (
        <Checkbox
          label={s.start}
          hint={start ? undefined : s.off}
          checked={start}
          onChange={(event) => setStart(event.target.checked)}
        />
      )}
    </AskFirst>
  );
}
