import type { Volume } from "@limiquantix/api";
import type { ComponentProps } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { Select } from "../../ui/field.tsx";
import { bytes } from "../../ui/units.ts";

export interface VolumeSelectProps extends Omit<ComponentProps<"select">, "onChange" | "value"> {
  volumes: readonly Volume[];
  value: string;
  onValue: (id: string) => void;
  /** What no choice is called. */
  none: string;
}

/** One of some volumes, with its size and where it is. */
export function VolumeSelect({ volumes, value, onValue, none, ...rest }: VolumeSelectProps) {
  const { inventory } = useConnection();
  const pools = new Map(useRows(inventory.pool).map(({ id, name }) => [id, name]));
  return (
    <Select value={value} onChange={(event) => onValue(event.target.value)} {...rest}>
      <option value="">{none}</option>
      {volumes.map(({ id, name, spec }) => (
        <option key={id} value={id}>
          {[name, bytes(spec?.sizeBytes ?? 0n), pools.get(spec?.storagePoolId ?? "")].filter(Boolean).join(" · ")}
        </option>
      ))}
    </Select>
  );
}
