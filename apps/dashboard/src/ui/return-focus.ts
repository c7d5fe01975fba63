import { useEffect, useLayoutEffect, useState, type RefObject } from "react";

/**
 * Where the focus goes when what calls this closes: to what had it before. It is noted when this is drawn first, because a
 * field with autoFocus has the focus before anybody else is asked. Null: that is gone, and the library knows what was
 * before it; where that is gone too, the page has the focus, and not nothing.
 */
export function useReturnFocus(): () => HTMLElement | null {
  const [before] = useState(() => document.activeElement);
  useEffect(() => () => void setTimeout(keepFocus), []);
  return () => {
    const stays = before instanceof HTMLElement && before !== document.body && !before.closest("[role=menu]");
    return stays && before.isConnected ? before : null;
  };
}

function keepFocus(): void {
  if (document.activeElement !== document.body || document.querySelector("[role=dialog]")) return;
  document.getElementById("content")?.focus({ preventScroll: true });
}

/**
 * The focus stays in an open dialog. The menu that it was chosen from gives its own button the focus as it closes, late;
 * and the library forgets the first focus of a dialog when another popup asks for one in the same frame.
 */
export function useKeptFocus(popup: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    let inside = document.activeElement;
    const onFocus = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || !popup.current) return;
      if (popup.current.contains(target)) inside = target;
      else if (
        target.matches("[aria-haspopup=menu]") &&
        inside instanceof HTMLElement &&
        popup.current.contains(inside)
      )
        inside.focus();
    };
    const takeForgotten = () => {
      if (popup.current?.contains(document.activeElement)) return;
      popup.current?.querySelector<HTMLElement>("input, select, textarea, button")?.focus();
    };
    document.addEventListener("focusin", onFocus);
    // The library's first focus is a frame from now.
    let frame = requestAnimationFrame(() => (frame = requestAnimationFrame(takeForgotten)));
    return () => {
      cancelAnimationFrame(frame);
      document.removeEventListener("focusin", onFocus);
    };
  }, [popup]);
}
