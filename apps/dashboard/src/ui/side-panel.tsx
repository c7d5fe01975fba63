import { X } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { strings } from "../strings/index.ts";

export interface SidePanelProps {
  /** What it shows: another one moves the focus into it. */
  id: string;
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  actions?: ReactNode;
}

/** One row of a table in full, beside the table; over it on a narrow screen. Escape closes it. */
export function SidePanel({ id, title, onClose, children, actions }: SidePanelProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  // In braces: browsers of late answer a promise, and React would call it as the effect's end.
  useEffect(() => {
    panel.current?.scrollTo({ top: 0 });
  }, [id]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("[role=dialog]")) onClose();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onClose]);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={strings.common.details}
      className="fixed inset-0 z-30 flex flex-col overflow-y-auto bg-surface outline-none md:static md:w-[27rem] md:shrink-0 md:border-l md:border-line"
    >
      <header className="sticky top-0 z-10 flex min-h-11 shrink-0 items-center gap-2 border-b border-line bg-surface px-4">
        <h2 className="min-w-0 grow truncate font-semibold">{title}</h2>
        {actions}
        <button
          type="button"
          aria-label={strings.common.close}
          onClick={onClose}
          className="rounded-md p-1 text-muted hover:bg-hover hover:text-text"
        >
          <X size={16} />
        </button>
      </header>
      <div className="flex flex-col gap-5 p-4">{children}</div>
    </aside>
  );
}

/** A part of a side panel, with its name. */
export function SideSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-semibold">{title}</h3>
      {children}
    </section>
  );
}
