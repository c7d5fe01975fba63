import { ContextMenu as Base } from "@base-ui/react/context-menu";
import type { MouseEvent, ReactNode } from "react";
import { MenuGroups, type MenuItem } from "./menu.tsx";

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
            <MenuGroups groups={groups} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
