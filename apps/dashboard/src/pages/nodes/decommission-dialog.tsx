import { NodeService, VirtualMachine_Origin, type Node } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Checkbox } from "../../ui/field.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";

const s = strings.nodes.decommission;

export function DecommissionDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const client = useClient(NodeService);
  const navigate = useNavigate();
  const { inventory } = useConnection();
  const [force, setForce] = useState(false);
  const managed = useRows(inventory.vm).filter(
    ({ status, origin }) => status?.nodeId === node.id && origin !== VirtualMachine_Origin.HOST_DISCOVERED,
  );
  const decommission = useAction(() => client.decommissionNode({ id: node.id, force, idempotencyKey: newKey() }), {
    quiet: true,
  });
  const confirm = async () => {
    if (await decommission.run()) void navigate({ to: "/nodes" } as never);
  };
  return (
    <ConfirmDialog
      title={s.title(node.hostname)}
      action={s.action}
      name={node.hostname}
      busy={decommission.busy}
      problem={decommission.problem}
      blocked={managed.length > 0 && !force ? s.needsForce : undefined}
      onClose={onClose}
      onConfirm={() => void confirm()}
    >
      <p>{s.text(node.hostname)}</p>
      {managed.length > 0 && (
        <Checkbox
          label={s.force}
          hint={s.vms(managed.length)}
          checked={force}
          onChange={(event) => setForce(event.target.checked)}
        />
      )}
    </ConfirmDialog>
  );
}
