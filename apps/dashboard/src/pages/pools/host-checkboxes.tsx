import type { Node } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { Checkbox } from "../../ui/field.tsx";

const s = strings.addPool;

/** Some of the hosts. */
export function HostCheckboxes(props: {
  label: string;
  nodes: readonly Node[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
  error?: string | undefined;
  hint?: string | undefined;
}) {
  const { label, nodes, chosen, onChange, error, hint } = props;
  const toggle = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    onChange(next);
  };
  const sorted = nodes.toSorted((a, b) => a.hostname.localeCompare(b.hostname, "en", { numeric: true }));
  if (nodes.length === 0) return <p className="text-muted">{s.noHosts}</p>;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="sr-only">{label}</legend>
      {nodes.length > 1 && (
        <Checkbox
          label={s.allHosts}
          checked={chosen.size >= nodes.length}
          onChange={(event) => onChange(new Set(event.target.checked ? nodes.map(({ id }) => id) : []))}
        />
      )}
      <div className="grid max-h-56 gap-x-4 gap-y-1.5 overflow-y-auto rounded-lg border border-line p-3 sm:grid-cols-2">
        {sorted.map(({ id, hostname }) => (
          <Checkbox
            key={id}
            label={hostname}
            checked={chosen.has(id)}
            onChange={(event) => toggle(id, event.target.checked)}
          />
        ))}
      </div>
      {(error ?? hint) && (
        <p role={error ? "alert" : undefined} className={error ? "text-bad" : "text-muted"}>
          {error ?? hint}
        </p>
      )}
    </fieldset>
  );
}
