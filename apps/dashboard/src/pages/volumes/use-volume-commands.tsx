import { fromConnectError, VolumeService, type Volume } from "@limiquantix/api";
import { lazy, Suspense, useCallback, useMemo, useState, type ReactNode } from "react";
import { toast } from "sonner";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { strings } from "../../strings/index.ts";
import { ProblemText } from "../../ui/problem.tsx";
import type { VolumeAction } from "./volume-state.ts";

const VolumeDialog = lazy(() =>
  import("./dialogs/volume-dialog.tsx").then(({ VolumeDialog }) => ({ default: VolumeDialog })),
);

export type VolumeDialogKind = Exclude<VolumeAction, "restore">;

export type VolumeCommand = (action: VolumeAction, volume: Volume) => void;

/** The actions on volumes with the dialogs that they need, which the page places once. */
export function useVolumeCommands(): { command: VolumeCommand; dialogs: ReactNode } {
  const client = useClient(VolumeService);
  const [open, setOpen] = useState<{ kind: VolumeDialogKind; volume: Volume }>();
  const close = useCallback(() => setOpen(undefined), []);
  const command = useMemo(
    (): VolumeCommand => (action, volume) => {
      if (action !== "restore") return setOpen({ kind: action, volume });
      client.restoreVolume({ id: volume.id, idempotencyKey: newKey() }).then(
        () => toast.success(strings.volumes.restored(volume.name)),
        (error: unknown) => toast.error(<ProblemText problem={fromConnectError(error)} />, { duration: 12_000 }),
      );
    },
    [client],
  );
  const dialogs = open && (
    <Suspense fallback={null}>
      <VolumeDialog kind={open.kind} volume={open.volume} onClose={close} />
    </Suspense>
  );
  return { command, dialogs };
}
