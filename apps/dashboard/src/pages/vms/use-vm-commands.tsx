import { fromConnectError, VMService, type VirtualMachine } from "@limiquantix/api";
import { lazy, Suspense, useCallback, useMemo, useState, type ReactNode } from "react";
import { toast } from "sonner";
import { useClient } from "../../api/context.tsx";
import { loadLate } from "../../app/load-late.ts";
import { ProblemText } from "../../ui/problem.tsx";
import { power } from "./power.ts";
import type { PowerAction } from "./vm-actions.ts";

const VmDialog = lazy(() =>
  loadLate(() => import("./dialogs/vm-dialog.tsx")).then(({ VmDialog }) => ({ default: VmDialog })),
);

export type VmDialogKind =
  | "settings"
  | "resources"
  | "move"
  | "clone"
  | "snapshot"
  | "template"
  | "adopt"
  | "delete"
  | "kill"
  | "reset";

export interface VmCommands {
  /** Does it, or asks first where something could be lost. */
  power: (vm: VirtualMachine, action: PowerAction) => void;
  open: (kind: VmDialogKind, vm: VirtualMachine) => void;
}

/** The actions on VMs with the dialogs that they need, which the page places once. */
export function useVmCommands(): { commands: VmCommands; dialogs: ReactNode } {
  const client = useClient(VMService);
  const [open, setOpen] = useState<{ kind: VmDialogKind; vm: VirtualMachine }>();
  const close = useCallback(() => setOpen(undefined), []);
  const commands = useMemo(
    (): VmCommands => ({
      power(vm, action) {
        if (action === "kill" || action === "reset") return setOpen({ kind: action, vm });
        power(client, vm.id, action).catch((error: unknown) => {
          toast.error(<ProblemText problem={fromConnectError(error)} />, { duration: 12_000 });
        });
      },
      open: (kind, vm) => setOpen({ kind, vm }),
    }),
    [client],
  );
  const dialogs = open && (
    <Suspense fallback={null}>
      <VmDialog kind={open.kind} vm={open.vm} onClose={close} />
    </Suspense>
  );
  return { commands, dialogs };
}
