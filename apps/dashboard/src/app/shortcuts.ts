import { useEffect } from "react";

/** "g v", "mod+k", "?": keys one after the other, or held together with mod (⌘ on a Mac, Ctrl elsewhere). */
export type Shortcuts = Readonly<Record<string, () => void>>;

const sequenceMs = 1200;

/** Runs shortcuts wherever the focus is, but where one types. */
export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    let first: { key: string; at: number } | undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.metaKey || event.ctrlKey) return void run(`mod+${event.key.toLowerCase()}`, event);
      if (event.altKey || typing(event.target)) return;
      const after = first && event.timeStamp - first.at < sequenceMs ? `${first.key} ${event.key}` : undefined;
      first = { key: event.key, at: event.timeStamp };
      if (after && run(after, event)) first = undefined;
      else run(event.key, event);
    };
    const run = (keys: string, event: KeyboardEvent) => {
      const action = shortcuts[keys];
      if (!action) return false;
      event.preventDefault();
      action();
      return true;
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [shortcuts]);
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
      target.closest("[data-keys]") !== null)
  );
}
