import { Node_Phase, VMService } from "@limiquantix/api";
import { useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRow } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { Checkbox } from "../../../ui/field.tsx";
import { KeepForField, keepForOf, type KeepFor } from "../../recycle-bin/keep-for.tsx";
import { useSnapshotsOf } from "../snapshots/use-snapshots-of.ts";
import { mayRun } from "../vm-actions.ts";
import { ChoiceCards, type CardChoice } from "./choice-cards.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

type Disks = "delete" | "volumes" | "host";

/** Deletes a VM; what happens to its disks, and for how long it can be brought back, is a choice. */
export function DeleteDialog({ vm, onClose }: VmDialogProps) {
  const s = strings.vm.delete;
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const host = useRow(inventory.node, vm.status?.nodeId ?? "");
  const snapshots = useSnapshotsOf(vm.id).length;
  const reachable = host?.status?.phase === undefined || host.status.phase === Node_Phase.READY;
  const onHost = vm.status?.nodeId !== "";
  const [disks, setDisks] = useState<Disks>("delete");
  const [keepFor, setKeepFor] = useState<KeepFor>("");
  const [force, setForce] = useState(false);
  const running = mayRun(vm);
  const cuts = running && disks !== "host";
  const forGood = disks === "delete" && keepFor === "0";
  const all = vm.spec?.disks ?? [];
  const gib = all.reduce((sum, { sizeGib }) => sum + Number(sizeGib), 0);
  const remove = async () => {
    const how = {
      delete: { deleteVolumes: true, ...keepForOf(keepFor) },
      volumes: { deleteVolumes: false },
      host: { removeFromInventoryOnly: true },
    }[disks];
    await client.deleteVM({ id: vm.id, ...how, force: force || cuts, idempotencyKey: newKey() });
    if (disks === "delete" && !forGood) toast.success(s.done(vm.name));
  };
  const choices: CardChoice<Disks>[] = [
    { value: "delete", title: s.with, hint: s.withHint(all.length, gib) },
    {
      value: "volumes",
      title: s.volumes,
      hint: s.volumesHint,
      blocked: snapshots > 0 ? s.volumesBlocked : undefined,
    },
    ...(onHost ? [{ value: "host" as const, title: s.keep, hint: s.keepHint }] : []),
  ];
  return (
    <AskFirst
      title={s.title(vm.name)}
      action={disks === "host" ? s.forget : forGood ? s.doNow : s.do}
      {...(cuts || forGood ? { typed: vm.name } : {})}
      work={remove}
      onClose={onClose}
    >
      <ChoiceCards legend={s.disks} value={disks} onChange={setDisks} choices={choices} />
      {disks === "delete" && <KeepForField value={keepFor} onChange={setKeepFor} />}
      {onHost && !reachable && (
        <Checkbox
          label={s.force}
          hint={s.forceHint}
          checked={force}
          onChange={(event) => setForce(event.target.checked)}
        />
      )}
      {cuts && <p className="text-warn">{s.running}</p>}
    </AskFirst>
  );
}
