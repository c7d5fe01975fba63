import { StoragePoolService, type StoragePool } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey } from "../../../api/use-action.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { FormDialog } from "../../../ui/form-dialog.tsx";
import { HostCheckboxes } from "../host-checkboxes.tsx";

const s = strings.pools.hostsTab;

export function AssignPoolDialog({ pool, onClose }: { pool: StoragePool; onClose: () => void }) {
  const client = useClient(StoragePoolService);
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const [others] = useState(() => nodes.filter(({ id }) => !pool.spec?.assignedNodeIds.includes(id)));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const assign = async () => {
    for (const nodeId of chosen) await client.assignPoolToNode({ poolId: pool.id, nodeId, idempotencyKey: newKey() });
  };
  return (
    <FormDialog
      title={s.assignTitle(pool.name)}
      submit={s.assignDo}
      done={s.assigned}
      blocked={others.length === 0 ? s.everyHost : chosen.size === 0 ? s.chooseHost : undefined}
      work={assign}
      onClose={onClose}
      fields={["assignedNodeIds"]}
    >
      {(error) => (
        <>
          <p className="text-muted">{others.length === 0 ? s.everyHost : s.assignText}</p>
          {others.length > 0 && (
            <HostCheckboxes
              label={s.label}
              nodes={others}
              chosen={chosen}
              onChange={setChosen}
              error={error("assignedNodeIds")}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
