import { strings } from "../../../strings/index.ts";
import { GrantsPanel } from "../../grants/grants-panel.tsx";
import type { VmTabProps } from "../vm-page.tsx";

/** Who may do what with the VM. */
export function PermissionsTab({ vm }: VmTabProps) {
  return (
    <div className="flex flex-col gap-3 p-4">
      <p className="text-muted">{strings.vm.permissions.text}</p>
      <GrantsPanel object={{ kind: "vm", id: vm.id, name: vm.name }} />
    </div>
  );
}
