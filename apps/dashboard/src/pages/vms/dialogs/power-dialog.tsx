import { VMService } from "@limiquantix/api";
import { useClient } from "../../../api/context.tsx";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { power } from "../power.ts";
import type { VmDialogProps } from "./vm-dialog.tsx";

/** Asks before a guest is cut off. */
export function PowerDialog({ vm, action, onClose }: VmDialogProps & { action: "kill" | "reset" }) {
  const client = useClient(VMService);
  const s = strings.vm.power[action];
  return (
    <AskFirst
      title={s.title(vm.name)}
      action={strings.vms.actions[action]}
      work={() => power(client, vm.id, action)}
      onClose={onClose}
    >
      {s.text}
    </AskFirst>
  );
}
