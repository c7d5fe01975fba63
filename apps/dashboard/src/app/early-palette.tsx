import { strings } from "../strings/index.ts";

/** What was typed before the palette was there. */
export interface EarlyKeys {
  text: string;
  entered: boolean;
}

export interface PaletteProps {
  early: EarlyKeys;
  onClose: () => void;
  returnFocus: () => HTMLElement | null;
}

/** Looks like the palette, and takes the keys until its code has come. */
export function EarlyPalette({
  early,
  onKeys,
  onClose,
  returnFocus,
}: PaletteProps & { onKeys: (keys: EarlyKeys) => void }) {
  const s = strings.shell;
  return (
    <div
      role="dialog"
      aria-label={s.searchHint}
      className="fixed top-[12dvh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 rounded-xl border border-line bg-raised shadow-2xl"
    >
      <input
        autoFocus
        aria-label={s.searchHint}
        placeholder={s.search}
        className="h-11 w-full bg-transparent px-4 text-[14px] outline-none placeholder:text-faint"
        value={early.text}
        onChange={(event) => onKeys({ ...early, text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === "Enter") onKeys({ ...early, entered: true });
          if (event.key !== "Escape") return;
          onClose();
          returnFocus()?.focus();
        }}
      />
    </div>
  );
}
