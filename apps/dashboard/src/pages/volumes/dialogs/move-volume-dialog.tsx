import { VolumeService } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow, useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Field } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { poolChoices } from "../../pools/pool-choice.ts";
import { PoolSelect } from "../../pools/pool-select.tsx";
import { mayRun } from "../../vms/vm-actions.ts";
import { homeNode } from "../home-node.ts";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

const s = strings.volumes.moveDialog;

/** To another pool, with what that means while its VM runs. */
export function MoveVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const { inventory } = useConnection();
  const from = volume.spec?.storagePoolId ?? "";
  const vm = useRow(inventory.vm, volume.status?.attachedVmId ?? "");
  const pool = useRow(inventory.pool, from);
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const snapshots = useRows(inventory.snapshot);
  const [storagePoolId, setPool] = useState("");
  const nodeId = homeNode(volume, pool, vm);
  const holding = snapshots.filter(({ disks }) => disks.some(({ volumeId }) => volumeId === volume.id)).length;
  const nowhere = poolChoices({ pools, nodes, nodeId, except: from }).every(({ blocked }) => blocked);
  const blocked = holding > 0 ? s.snapshots(holding) : nowhere ? s.nowhere : storagePoolId ? undefined : s.choose;
  return (
    <FormDialog
      title={s.title(volume.name)}
      submit={s.do}
      done={s.done(volume.name)}
      blocked={blocked}
      work={() => client.moveVolume({ volumeId: volume.id, storagePoolId, idempotencyKey: newKey() })}
      onClose={onClose}
      fields={["storagePoolId"]}
    >
      {(error) => (
        <>
          <p>{s.now(pool?.name ?? from)}</p>
          {holding > 0 && <p className="text-warn">{s.snapshots(holding)}</p>}
          <Field label={s.to} hint={nowhere ? s.nowhere : undefined} error={error("storagePoolId")}>
            <PoolSelect
              autoFocus
              none={s.choose}
              value={storagePoolId}
              onValue={setPool}
              nodeId={nodeId}
              except={from}
            />
          </Field>
          <p className="text-muted">
            {vm ? (mayRun(vm) ? s.running : s.off) : s.free} {s.after}
          </p>
        </>
      )}
    </FormDialog>
  );
}
