import { VMService } from "@limiquantix/api";
import { useClient } from "../../../api/context.tsx";
import { useAction } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { power } from "../power.ts";
import type { VmDialogProps } from "./vm-dialog.tsx";

/** Asks before a guest is cut off. */
export function PowerDialog({ vm, action, onClose }: VmDialogProps & { action: "kill" | "reset" }) {
  const client = useClient(VMService);
  const s = strings.vm.power[action];
  const send = useAction(() => power(client, vm.id, action).then(onClose), { quiet: true });
  return (
    <ConfirmDialog
      title={s.title(vm.name)}
      action={strings.vms.actions[action]}
      busy={send.busy}
      problem={send.problem}
      onConfirm={() => void send.run()}
      onClose={onClose}
    >
      <p>{s.text}</p>
    </ConfirmDialog>
  );
}
