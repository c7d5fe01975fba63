import { VMService } from "@limiquantix/api";
import { useState } from "react";
import { useClient } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import type { VmDialogProps } from "./vm-dialog.tsx";

const s = strings.vm.template;

/** Makes a template of a VM, or a VM of a template. */
export function TemplateDialog({ vm, onClose }: VmDialogProps) {
  const client = useClient(VMService);
  const [back] = useState(vm.isTemplate);
  const { id, name } = vm;
  const convert = () =>
    back
      ? client.convertToVM({ id, idempotencyKey: newKey() })
      : client.convertToTemplate({ id, idempotencyKey: newKey() });
  return (
    <AskFirst
      title={back ? s.backTitle(name) : s.title(name)}
      action={back ? s.backDo : s.do}
      done={back ? s.backDone(name) : s.done(name)}
      danger={false}
      work={convert}
      onClose={onClose}
    >
      <p>{back ? s.backText : s.text}</p>
    </AskFirst>
  );
}
