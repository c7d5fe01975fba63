import { Tooltip as Base } from "@base-ui/react/tooltip";
import type { ReactElement } from "react";

export function Tooltip({ text, keys, children }: { text: string; keys?: string | undefined; children: ReactElement }) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} className="z-50">
          <Base.Popup className="flex max-w-80 items-center gap-2 rounded-md border border-line bg-raised px-2 py-1 text-text shadow-lg">
            {text}
            {keys && <Keys>{keys}</Keys>}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
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
