import { VolumeService } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { Field, Select } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { vmsOf } from "../volume-state.ts";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

const s = strings.volumes.detachDialog;

export function DetachVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const { inventory } = useConnection();
  const holders = vmsOf(volume);
  const [chosen, setChosen] = useState("");
  const vmId = holders.length > 1 ? chosen : (holders[0] ?? "");
  const vm = useRow(inventory.vm, vmId);
  const work = () => client.detachVolume({ volumeId: volume.id, vmId, idempotencyKey: newKey() });
  if (holders.length > 1) {
    return (
      <FormDialog
        title={s.titleShared(volume.name)}
        submit={s.do}
        done={s.done}
        blocked={vmId ? undefined : s.choose}
        work={work}
        onClose={onClose}
        fields={["vmId"]}
      >
        {(error) => (
          <>
            <p>{s.textShared}</p>
            <Field label={s.from} error={error("vmId")}>
              <Select value={chosen} onChange={(event) => setChosen(event.target.value)}>
                <option value="">{s.choose}</option>
                {holders.map((id) => (
                  <option key={id} value={id}>
                    {inventory.vm.get(id)?.name ?? id}
                  </option>
                ))}
              </Select>
            </Field>
          </>
        )}
      </FormDialog>
    );
  }
  return (
    <AskFirst
      title={s.title(volume.name, vm?.name ?? strings.common.kinds["vm"] ?? "")}
      action={s.do}
      done={s.done}
      danger={false}
      work={work}
      onClose={onClose}
    >
      <p>{s.text}</p>
    </AskFirst>
  );
}
