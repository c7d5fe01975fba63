import { GrantsPanel } from "../../grants/grants-panel.tsx";
import type { VmTabProps } from "../vm-page.tsx";

/** Who may do what with the VM. */
export function PermissionsTab({ vm }: VmTabProps) {
  return (
    <div className="p-4">
      <GrantsPanel object={{ kind: "vm", id: vm.id, name: vm.name }} />
    </div>
  );
}
