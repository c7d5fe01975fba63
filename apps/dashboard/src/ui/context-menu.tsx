import { ContextMenu as Base } from "@base-ui/react/context-menu";
import type { MouseEvent, ReactNode } from "react";
import type { MenuItem } from "./menu.tsx";

/**
 * A menu at the pointer over what is inside; by keyboard with the menu key or Shift+F10. `onAsk` says what the menu is
 * about from the event; false: none opens.
 */
export function ContextMenu({
  groups,
  label,
  onAsk,
  children,
}: {
  groups: MenuItem[][];
  label: string;
  onAsk: (event: MouseEvent) => boolean;
  children: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger
        className="flex min-h-0 grow flex-col"
        onContextMenuCapture={(event) => {
          // The browser's own menu stays where there is none of ours, and on links with a modifier.
          if (event.shiftKey || !onAsk(event)) event.stopPropagation();
        }}
      >
        {children}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="z-50">
          <Base.Popup
            aria-label={label}
            className="max-h-[70dvh] min-w-48 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-xl outline-none"
          >
            {groups
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
                    </Base.Item>
                  ))}
                </div>
              ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
