import { useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { ProjectSelect } from "../projects/project-select.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { poolName } from "./image-facts.ts";

const s = strings.images.fields;

export interface Place {
  projectId: string;
  poolId: string;
}

/** Whose an image is, and which pool keeps it. */
export function PlaceFields({ place, onChange }: { place: Place; onChange: (place: Place) => void }) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const byId = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={s.project}>
        <ProjectSelect value={place.projectId} onValue={(projectId) => onChange({ ...place, projectId })} />
      </Field>
      <Field label={s.pool}>
        <Select value={place.poolId} onChange={(event) => onChange({ ...place, poolId: event.target.value })}>
          <option value="">{s.automatic}</option>
          {pools.map((pool) => (
            <option key={pool.id} value={pool.id}>
              {poolName(pool, byId)}
            </option>
          ))}
        </Select>
      </Field>
    </div>
  );
}
