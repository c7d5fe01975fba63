import { Tabs as Base } from "@base-ui/react/tabs";
import { useRef, type ReactNode } from "react";
import { useInSight } from "./use-in-sight.ts";

export interface Tab {
  id: string;
  label: ReactNode;
  panel: () => ReactNode;
}

/** The chosen tab is part of the address: the page keeps it in its search. */
export function Tabs({ tabs, value, onChange }: { tabs: Tab[]; value: string; onChange: (id: string) => void }) {
  const list = useRef<HTMLDivElement>(null);
  // An address may have a name that no tab has.
  const current = tabs.some(({ id }) => id === value) ? value : (tabs[0]?.id ?? "");
  useInSight(
    list,
    tabs.findIndex(({ id }) => id === current),
  );
  return (
    <Base.Root value={current} onValueChange={(next) => onChange(String(next))} className="flex min-h-0 grow flex-col">
      <Base.List ref={list} className="relative flex shrink-0 gap-1 overflow-x-auto border-b border-line px-4">
        {tabs.map(({ id, label }) => (
          <Base.Tab
            key={id}
            value={id}
            className="h-9 border-b-2 border-transparent px-2 whitespace-nowrap text-muted hover:text-text data-[active]:border-accent data-[active]:text-text"
          >
            {label}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map(({ id, panel }) => (
        <Base.Panel key={id} value={id} className="min-h-0 grow overflow-y-auto outline-none">
          {panel()}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
