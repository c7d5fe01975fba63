import { Ellipsis } from "lucide-react";
import type { MouseEvent as ReactMouseEvent } from "react";

/** The row under the pointer; by keyboard the one that the table is at. */
export function rowAt(event: ReactMouseEvent): string | undefined {
  const target = event.target as Element;
  const row =
    target.closest("[role=row][id^=row-]")?.id ?? target.closest("[role=grid]")?.ariaActiveDescendantElement?.id;
  return row?.replace(/^row-/, "");
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
