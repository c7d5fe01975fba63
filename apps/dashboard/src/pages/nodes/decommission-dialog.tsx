import { NodeService, VirtualMachine_Origin, type Node } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Checkbox, Field, Input } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

const s = strings.nodes.decommission;

export function DecommissionDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const client = useClient(NodeService);
  const navigate = useNavigate();
  const { inventory } = useConnection();
  const [force, setForce] = useState(false);
  const [typed, setTyped] = useState("");
  const [name] = useState(node.hostname);
  const managed = useRows(inventory.vm).filter(
    ({ status, origin }) => status?.nodeId === node.id && origin !== VirtualMachine_Origin.HOST_DISCOVERED,
  );
  const untold = managed.length > 0 && !force ? s.needsForce : undefined;
  return (
    <FormDialog
      title={s.title(name)}
      submit={s.action}
      look="danger"
      blocked={untold ?? (typed.trim() === name ? undefined : strings.common.typeName(name))}
      onClose={onClose}
      work={async () => {
        await client.decommissionNode({ id: node.id, force, idempotencyKey: newKey() });
        await navigate({ to: "/nodes" } as never);
      }}
    >
      {() => (
        <>
          <p>{s.text(name)}</p>
          {managed.length > 0 && (
            <Checkbox
              label={s.force}
              hint={s.vms(managed.length)}
              checked={force}
              onChange={(event) => setForce(event.target.checked)}
            />
          )}
          <Field label={strings.common.typeName(name)}>
            <Input autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
