import type { ComponentProps } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { Select } from "../../ui/field.tsx";

export interface ProjectSelectProps extends Omit<ComponentProps<"select">, "onChange" | "value"> {
  value: string;
  onValue: (id: string) => void;
}

/** One of the projects that the user sees; the chosen one also where it is none of them. */
export function ProjectSelect({ value, onValue, ...rest }: ProjectSelectProps) {
  const projects = useRows(useConnection().inventory.project);
  return (
    <Select value={value} onChange={(event) => onValue(event.target.value)} {...rest}>
      {value && !projects.some(({ id }) => id === value) && <option value={value}>{value}</option>}
      {projects.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}
