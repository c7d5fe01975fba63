import { cloneElement, useEffect, useId, useState, type ReactElement, type SyntheticEvent } from "react";
import { createPortal } from "react-dom";

const delayMs = 400;
const gap = 6;

interface Described {
  "aria-describedby"?: string;
  onPointerEnter?: (event: SyntheticEvent) => void;
  onPointerLeave?: (event: SyntheticEvent) => void;
  onFocus?: (event: SyntheticEvent) => void;
  onBlur?: (event: SyntheticEvent) => void;
}

/**
 * A sentence beside what has the pointer, after a moment, or the focus, at once; Escape takes it away. Our own, because it
 * is on the first page, and a library's brings 40 KB. Without a text there is none, and what is inside stays as it is.
 */
export function Tooltip({
  text,
  keys,
  children,
}: {
  text: string | undefined;
  keys?: string | undefined;
  children: ReactElement;
}) {
  const id = useId();
  const [anchor, setAnchor] = useState<{ element: Element; delayMs: number }>();
  const [place, setPlace] = useState<DOMRect>();
  useEffect(() => {
    if (!anchor) return setPlace(undefined);
    const timer = setTimeout(() => setPlace(anchor.element.getBoundingClientRect()), anchor.delayMs);
    const hide = (event: Event) => {
      if (!(event instanceof KeyboardEvent) || event.key === "Escape") setAnchor(undefined);
    };
    window.addEventListener("keydown", hide);
    window.addEventListener("scroll", hide, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      window.removeEventListener("keydown", hide);
      window.removeEventListener("scroll", hide, { capture: true });
    };
  }, [anchor]);
  const described = children as ReactElement<Described>;
  const show =
    (delay: number, also?: (event: SyntheticEvent) => void) =>
    (event: SyntheticEvent): void => {
      also?.(event);
      setAnchor({ element: event.currentTarget, delayMs: delay });
    };
  const hide =
    (also?: (event: SyntheticEvent) => void) =>
    (event: SyntheticEvent): void => {
      also?.(event);
      setAnchor(undefined);
    };
  const { props } = described;
  return (
    <>
      {text === undefined
        ? described
        : cloneElement(described, {
            "aria-describedby": id,
            onPointerEnter: show(delayMs, props.onPointerEnter),
            onPointerLeave: hide(props.onPointerLeave),
            onFocus: show(0, props.onFocus),
            onBlur: hide(props.onBlur),
          })}
      {/* It is there for readers of the screen before it is seen. */}
      {text !== undefined && (
        <span id={id} role="tooltip" hidden>
          {text}
        </span>
      )}
      {text !== undefined &&
        place &&
        createPortal(
          <div aria-hidden className="pointer-events-none fixed z-50 max-w-80" style={position(place)}>
            <div className="flex items-center gap-2 rounded-md border border-line bg-raised px-2 py-1 text-text shadow-lg">
              {text}
              {keys && <Keys>{keys}</Keys>}
            </div>
          </div>,
          document.body,
        )}
    </>
  );
}

/** Above it where there is room, and never beyond the window's edge. */
function position({ left, top, bottom, width }: DOMRect): React.CSSProperties {
  const middle = Math.min(Math.max(left + width / 2, 168), Math.max(168, window.innerWidth - 168));
  const above = top > 80;
  return {
    left: middle,
    top: above ? top - gap : bottom + gap,
    transform: `translate(-50%, ${above ? "-100%" : "0"})`,
  };
}

/** A shortcut as its keys: "g v", "mod+k". */
export function Keys({ children }: { children: string }) {
  return (
    <span className="flex gap-0.5">
      {children.split(/[ +]/).map((key) => (
        <kbd key={key} className="min-w-5 rounded border border-line px-1 text-center font-sans text-[11px] text-muted">
          {key === "mod" ? (isMac() ? "⌘" : "Ctrl") : key}
        </kbd>
      ))}
    </span>
  );
}

export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
