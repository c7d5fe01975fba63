import { ClusterService, type Node } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Field, Select } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

const s = strings.nodes.move;

export function MoveDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const client = useClient(ClusterService);
  const { inventory } = useConnection();
  const clusters = useRows(inventory.cluster);
  const [clusterId, setClusterId] = useState(node.clusterId);
  return (
    <FormDialog
      title={s.title(node.hostname)}
      description={s.text}
      submit={s.action}
      onClose={onClose}
      work={() => client.moveNode({ nodeId: node.id, clusterId, idempotencyKey: newKey() })}
    >
      {(error) => (
        <Field label={s.cluster} error={error("clusterId")}>
          <Select value={clusterId} onChange={(event) => setClusterId(event.target.value)}>
            <option value="">{strings.nodes.noCluster}</option>
            {clusters.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
      )}
    </FormDialog>
  );
}
