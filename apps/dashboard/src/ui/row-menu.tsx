import { Ellipsis } from "lucide-react";
import type { MouseEvent as ReactMouseEvent, ReactNode } from "react";
import { ContextMenu } from "./context-menu.tsx";
import type { MenuItem } from "./menu.tsx";

/** The row under the pointer; by keyboard the one that the table is at. */
function rowAt(event: ReactMouseEvent): string | undefined {
  const target = event.target as Element;
  const row =
    target.closest("[role=row][id^=row-]")?.id ?? target.closest("[role=grid]")?.ariaActiveDescendantElement?.id;
  return row?.replace(/^row-/, "");
}

export interface RowMenuProps {
  label: string;
  groups: MenuItem[][];
  /** Which row the menu is asked for: `groups` are to be that row's. */
  onRow: (id: string) => void;
  /** The table. */
  children: ReactNode;
}

/** The menu of the row that the right mouse button, or the menu key, asks it of. */
export function RowMenu({ label, groups, onRow, children }: RowMenuProps) {
  return (
    <ContextMenu
      label={label}
      groups={groups}
      onAsk={(event) => {
        const id = rowAt(event);
        if (id) onRow(id);
        return id !== undefined;
      }}
    >
      {children}
    </ContextMenu>
  );
}

/** A row's menu for whoever looks for a button; it opens the one of the right mouse button. */
export function RowMenuButton({ label }: { label: string }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={label}
      className="flex size-6 items-center justify-center rounded-md text-muted hover:bg-pressed hover:text-text"
      onClick={({ currentTarget }) => {
        const { left, bottom } = currentTarget.getBoundingClientRect();
        const at = { clientX: left, clientY: bottom, bubbles: true, cancelable: true };
        currentTarget.dispatchEvent(new MouseEvent("contextmenu", at));
      }}
    >
      <Ellipsis size={15} />
    </button>
  );
}
