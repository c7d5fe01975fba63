import { VolumeService } from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import { useState } from "react";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { Field, Input } from "../../../ui/field.tsx";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { wholeGib } from "../whole-gib.ts";
import type { VolumeDialogProps } from "./volume-dialog.tsx";

const s = strings.volumes.resizeDialog;

export function ResizeVolumeDialog({ volume, onClose }: VolumeDialogProps) {
  const client = useClient(VolumeService);
  const [now] = useState(Number(volume.spec?.sizeBytes ?? 0n) / GIB);
  const [text, setText] = useState(String(now));
  const gib = wholeGib(text);
  const grow = () =>
    client.resizeVolume({ id: volume.id, newSizeBytes: BigInt(gib ?? 0) * BigInt(GIB), idempotencyKey: newKey() });
  return (
    <FormDialog
      title={s.title(volume.name)}
      submit={s.do}
      done={s.done}
      blocked={gib !== undefined && gib > now ? undefined : s.hint(now)}
      work={grow}
      onClose={onClose}
      fields={["newSizeBytes"]}
    >
      {(error) => (
        <>
          <Field label={s.size} hint={s.hint(now)} error={error("newSizeBytes")}>
            <Input
              autoFocus
              type="number"
              min={now + 1}
              max={65_536}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </Field>
          {volume.status?.attachedVmId && <p className="text-muted">{s.live}</p>}
        </>
      )}
    </FormDialog>
  );
}
