import { VMService, type Snapshot } from "@limiquantix/api";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { bytes } from "../../../ui/units.ts";
import type { VmDialogProps } from "../dialogs/vm-dialog.tsx";
import { mayRun } from "../vm-actions.ts";

const s = strings.snapshots.deleteDialog;

export function DeleteSnapshotDialog({ vm, snapshot, onClose }: VmDialogProps & { snapshot: Snapshot }) {
  const client = useClient(VMService);
  const { id, name, sizeBytes } = snapshot;
  return (
    <AskFirst
      title={s.title(name)}
      action={s.do}
      done={s.done(name)}
      work={() => client.deleteSnapshot({ vmId: vm.id, snapshotId: id, idempotencyKey: newKey() })}
      onClose={onClose}
    >
      <p>{s.text}</p>
      {mayRun(vm) && <p>{s.live}</p>}
      {sizeBytes > 0n && <p>{s.frees(bytes(sizeBytes))}</p>}
    </AskFirst>
  );
}
