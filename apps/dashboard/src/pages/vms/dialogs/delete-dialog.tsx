import { Node_Phase, VMService } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { Checkbox } from "../../../ui/field.tsx";
import { mayRun } from "../vm-actions.ts";
import type { VmDialogProps } from "./vm-dialog.tsx";

/** Deletes a VM; what happens to its disks is a choice. One that may run is named by hand first. */
export function DeleteDialog({ vm, onClose }: VmDialogProps) {
  const s = strings.vm.delete;
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const host = useRow(inventory.node, vm.status?.nodeId ?? "");
  const reachable = host?.status?.phase === undefined || host.status.phase === Node_Phase.READY;
  const onHost = vm.status?.nodeId !== "";
  const [keep, setKeep] = useState(false);
  const [force, setForce] = useState(false);
  const running = mayRun(vm);
  const disks = vm.spec?.disks ?? [];
  const gib = disks.reduce((sum, { sizeGib }) => sum + Number(sizeGib), 0);
  const remove = async () => {
    const how = keep ? { removeFromInventoryOnly: true } : { deleteVolumes: true };
    await client.deleteVM({ id: vm.id, ...how, force: force || (running && !keep), idempotencyKey: newKey() });
  };
  const choice = (chosen: boolean, title: string, hint: string) => (
    <label className="flex cursor-pointer gap-2.5 rounded-md border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft">
      <input
        type="radio"
        name="disks"
        className="mt-0.5 size-4 accent-accent"
        aria-label={title}
        checked={keep === chosen}
        onChange={() => setKeep(chosen)}
      />
      <span>
        <span className="block font-medium">{title}</span>
        <span className="block text-muted">{hint}</span>
      </span>
    </label>
  );
  return (
    <AskFirst
      title={s.title(vm.name)}
      action={keep ? s.forget : s.do}
      {...(running && !keep ? { typed: vm.name } : {})}
      work={remove}
      onClose={onClose}
    >
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 font-medium">{s.disks}</legend>
        {choice(false, s.with, s.withHint(disks.length, gib))}
        {onHost && choice(true, s.keep, s.keepHint)}
      </fieldset>
      {onHost && !reachable && (
        <Checkbox
          label={s.force}
          hint={s.forceHint}
          checked={force}
          onChange={(event) => setForce(event.target.checked)}
        />
      )}
      {running && !keep && <p className="text-warn">{s.running}</p>}
    </AskFirst>
  );
}
