import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { Keys } from "./tooltip.tsx";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  onSelect: () => void;
  keys?: string;
  danger?: boolean;
  /** Why it cannot be chosen now. */
  blocked?: string | undefined;
}

/** Items in groups, with a line between groups. */
export function Menu(props: {
  trigger: ReactElement;
  groups: MenuItem[][];
  label: string;
  /** From the beginning, as when it was clicked before its code was there. */
  defaultOpen?: boolean;
}) {
  const { trigger, groups, label, defaultOpen = false } = props;
  return (
    <Base.Root defaultOpen={defaultOpen}>
      <Base.Trigger render={trigger} aria-label={label} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50">
          <Base.Popup className="max-h-[70dvh] min-w-48 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-xl outline-none">
            <MenuGroups groups={groups} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** The items of a menu of either kind. */
export function MenuGroups({ groups }: { groups: MenuItem[][] }) {
  return groups
    .filter((items) => items.length > 0)
    .map((items, i) => (
      <div key={items[0]?.label} role="group">
        {i > 0 && <div className="my-1 border-t border-line" />}
        {items.map((item) => (
          <Base.Item
            key={item.label}
            disabled={item.blocked !== undefined}
            title={item.blocked}
            onClick={item.onSelect}
            className={`flex h-7 items-center gap-2 rounded-md px-2 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover ${item.danger ? "text-bad" : ""}`}
          >
            <span className="flex w-4 justify-center text-muted">{item.icon}</span>
            <span className="grow">{item.label}</span>
            {item.keys && <Keys>{item.keys}</Keys>}
          </Base.Item>
        ))}
      </div>
    ));
}
