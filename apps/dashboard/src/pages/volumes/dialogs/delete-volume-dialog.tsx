import { VolumeService } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { bytes } from "../../../ui/units.ts";
import { KeepForField, keepForOf, type KeepFor } from "../../recycle-bin/keep-for.tsx";
import { isRecycled } from "../volume-state.ts";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

/** Into the recycle bin, and out of it for good. */
export function DeleteVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const [recycled] = useState(isRecycled(volume));
  const [keep, setKeep] = useState<KeepFor>("");
  const { id, name, spec } = volume;
  const size = bytes(spec?.sizeBytes ?? 0n);
  const remove = (keepFor: KeepFor) => client.deleteVolume({ id, ...keepForOf(keepFor), idempotencyKey: newKey() });
  if (recycled) {
    const s = strings.volumes.purgeDialog;
    return (
      <AskFirst title={s.title(name)} action={s.do} done={s.done(name)} work={() => remove("0")} onClose={onClose}>
        <p>{s.text(size)}</p>
      </AskFirst>
    );
  }
  const s = strings.volumes.deleteDialog;
  const now = keep === "0";
  return (
    <AskFirst
      title={s.title(name)}
      action={now ? s.doNow : s.do}
      done={now ? s.doneNow(name) : s.done(name)}
      work={() => remove(keep)}
      onClose={onClose}
      {...(now && { typed: name })}
    >
      <p className={now ? "text-warn" : ""}>{now ? s.textNow(size) : s.text(size)}</p>
      <KeepForField value={keep} onChange={setKeep} />
    </AskFirst>
  );
}
