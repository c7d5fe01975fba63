import { ClusterService, type Cluster } from "@limiquantix/api";
import { useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Checkbox } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { nodeState } from "../nodes/node-state.ts";

const s = strings.clusters.add;

export function AddHostsDialog({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const client = useClient(ClusterService);
  const { inventory } = useConnection();
  const clusters = useRows(inventory.cluster);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const others = useRows(inventory.node)
    .filter(({ clusterId }) => clusterId !== cluster.id)
    .toSorted((a, b) => a.hostname.localeCompare(b.hostname, "en", { numeric: true }));
  const nameOf = (id: string) => clusters.find((one) => one.id === id)?.name;
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const add = async () => {
    for (const nodeId of chosen) await client.moveNode({ nodeId, clusterId: cluster.id, idempotencyKey: newKey() });
  };
  return (
    <FormDialog
      title={s.title(cluster.name)}
      description={s.text}
      submit={s.action(chosen.size)}
      blocked={chosen.size === 0 ? s.choose : undefined}
      onClose={onClose}
      work={add}
    >
      {() =>
        others.length === 0 ? (
          <p className="text-muted">{s.none}</p>
        ) : (
          <ul className="flex flex-col gap-2">
            {others.map((node) => {
              const from = nameOf(node.clusterId);
              return (
                <li key={node.id}>
                  <Checkbox
                    label={node.hostname}
                    hint={[nodeState(node).label, from && s.from(from)].filter(Boolean).join(" · ")}
                    checked={chosen.has(node.id)}
                    onChange={(event) => toggle(node.id, event.target.checked)}
                  />
                </li>
              );
            })}
          </ul>
        )
      }
    </FormDialog>
  );
}
