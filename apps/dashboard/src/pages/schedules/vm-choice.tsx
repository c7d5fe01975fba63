import { useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";

const s = strings.schedules.form;

export interface VmChoiceProps {
  projectId: string;
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  error?: string | undefined;
}

/** Some of the project's VMs. */
export function VmChoice({ projectId, chosen, onChange, error }: VmChoiceProps) {
  const all = useRows(useConnection().inventory.vm);
  const own = useMemo(
    () =>
      all
        .filter((vm) => vm.projectId === projectId && vm.isManaged && !vm.isTemplate)
        .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })),
    [all, projectId],
  );
  const toggle = (id: string) => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 font-medium">{s.vms}</legend>
      {own.length === 0 && <p className="text-muted">{s.noVms}</p>}
      <div className="max-h-48 overflow-y-auto rounded-md border border-line-strong empty:hidden">
        {own.map(({ id, name }) => (
          <label key={id} className="flex h-7 items-center gap-2 px-2.5 hover:bg-hover">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={chosen.includes(id)}
              onChange={() => toggle(id)}
            />
            <span className="truncate">{name}</span>
          </label>
        ))}
      </div>
      {error && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}
