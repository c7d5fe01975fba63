import { VolumeService } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Field, Input } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { bytes } from "../../../ui/units.ts";
import { PoolSelect } from "../../pools/pool-select.tsx";
import { mayRun } from "../../vms/vm-actions.ts";
import { homeNode } from "../home-node.ts";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

const s = strings.volumes.cloneDialog;

export function CloneVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const navigate = useNavigate();
  const { inventory } = useConnection();
  const vm = useRow(inventory.vm, volume.status?.attachedVmId ?? "");
  const pool = useRow(inventory.pool, volume.spec?.storagePoolId ?? "");
  const [name, setName] = useState(`${volume.name.slice(0, 57)}-copy`);
  const [storagePoolId, setPool] = useState("");
  const clone = async () => {
    const request = { sourceVolumeId: volume.id, name, storagePoolId, idempotencyKey: newKey() };
    const { volume: made } = await client.cloneVolume(request);
    if (made) void navigate({ to: `/volumes/${made.id}` } as never);
  };
  return (
    <FormDialog
      title={s.title(volume.name)}
      submit={s.do}
      done={s.done(name)}
      blocked={vm && mayRun(vm) ? s.running : undefined}
      work={clone}
      onClose={onClose}
      fields={["name", "storagePoolId", "sizeBytes"]}
    >
      {(error) => (
        <>
          <p className="text-muted">{s.text(bytes(volume.spec?.sizeBytes ?? 0n))}</p>
          {vm && mayRun(vm) && <p className="text-warn">{s.running}</p>}
          <Field label={s.name} error={error("name")}>
            <Input autoFocus maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={s.pool} error={error("storagePoolId")}>
            <PoolSelect
              none={s.same(pool?.name ?? "")}
              value={storagePoolId}
              onValue={setPool}
              nodeId={homeNode(volume, pool, vm)}
              except={volume.spec?.storagePoolId ?? ""}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
