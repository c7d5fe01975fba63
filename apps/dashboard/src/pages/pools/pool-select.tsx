import type { ComponentProps } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { Select } from "../../ui/field.tsx";
import { poolChoices, type ChoiceOf } from "./pool-choice.ts";

export interface PoolSelectProps
  extends Omit<ComponentProps<"select">, "onChange" | "value">, Pick<ChoiceOf, "nodeId" | "except"> {
  value: string;
  onValue: (id: string) => void;
  /** What no choice is called. */
  none: string;
}

/** A storage pool, with what is free in each and why others cannot be chosen. */
export function PoolSelect({ value, onValue, none, nodeId, except, ...rest }: PoolSelectProps) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const choices = poolChoices({ pools, nodes, ...(nodeId && { nodeId }), ...(except && { except }) });
  return (
    <Select value={value} onChange={(event) => onValue(event.target.value)} {...rest}>
      <option value="">{none}</option>
      {value && !choices.some(({ id }) => id === value) && <option value={value}>{value}</option>}
      {choices.map(({ id, label, blocked }) => (
        <option key={id} value={id} disabled={blocked && id !== value}>
          {label}
        </option>
      ))}
    </Select>
  );
}
