import { ClusterService, type Node } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";

const s = strings.nodes.move;

export function MoveDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const client = useClient(ClusterService);
  const { inventory } = useConnection();
  const clusters = useRows(inventory.cluster);
  const [clusterId, setClusterId] = useState(node.clusterId);
  const move = useAction(() => client.moveNode({ nodeId: node.id, clusterId, idempotencyKey: newKey() }), {
    quiet: true,
  });
  return (
    <ConfirmDialog
      title={s.title(node.hostname)}
      action={s.action}
      danger={false}
      busy={move.busy}
      problem={move.problem}
      onClose={onClose}
      onConfirm={() => void move.run().then((done) => done && onClose())}
    >
      <p className="text-muted">{s.text}</p>
      <Field label={s.cluster}>
        <Select value={clusterId} onChange={(event) => setClusterId(event.target.value)}>
          <option value="">{strings.nodes.noCluster}</option>
          {clusters.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
    </ConfirmDialog>
  );
}
