import type { ConsoleInfo } from "@limiquantix/api";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { strings } from "../../strings/index.ts";
import { ConsoleNotice } from "./console-notice.tsx";
import { useConsole, type ConsoleState } from "./use-console.ts";
import type { Scale, VncView } from "./vnc-view.ts";

const s = strings.console;

export interface VncConsoleProps {
  label: string;
  consoleKey: string;
  ticket: (signal: AbortSignal) => Promise<ConsoleInfo>;
  running: boolean | undefined;
  viewOnly: boolean;
  scale: Scale;
  /** The toolbar, with the view that it acts on while it is open. */
  renderToolbar: (
    view: VncView | undefined,
    state: ConsoleState,
    frame: React.RefObject<HTMLDivElement | null>,
  ) => ReactNode;
  /** What to offer while the VM is off. */
  off: ReactNode;
}

/** A VM's screen with its toolbar. The keyboard is the guest's from a click or Enter until Shift+Esc. */
export function VncConsole(props: VncConsoleProps) {
  const { label, consoleKey, ticket, running, viewOnly, scale, renderToolbar, off } = props;
  const target = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<VncView>();
  const enter = useRef<HTMLButtonElement>(null);
  const settings = useRef({ viewOnly, scale });
  useLayoutEffect(() => {
    settings.current = { viewOnly, scale };
  });

  const module = useRef<typeof import("./vnc-view.ts")>(undefined);
  const { state, retry } = useConsole({
    // Loaded before there is a channel: the first that comes through it must find its listener.
    async ticket(signal) {
      module.current = await import("./vnc-view.ts");
      return ticket(signal);
    },
    running,
    key: consoleKey,
    attach(channel, info, on) {
      const close = { [Symbol.dispose]: () => channel.close() };
      if (!target.current || !module.current) return close;
      const { viewOnly, scale } = settings.current;
      const made: VncView = new module.current.VncView({
        target: target.current,
        channel,
        label,
        viewOnly: viewOnly || info.viewOnly,
        scale,
        on: {
          opened() {
            setView(made);
            on.opened();
          },
          closed: on.closed,
        },
      });
      return {
        [Symbol.dispose]() {
          made[Symbol.dispose]();
          setView(undefined);
        },
      };
    },
  });
  const open = state.kind === "open" ? view : undefined;
  useEffect(() => open?.setScale(scale), [open, scale]);
  const only = viewOnly || (state.kind === "open" && state.info.viewOnly);
  useEffect(() => {
    open?.setViewOnly(only);
  }, [open, only]);

  // Before noVNC hears of it, which takes every key.
  useEffect(() => {
    const screen = target.current;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      open?.leave();
      enter.current?.focus();
    };
    screen?.addEventListener("keydown", onKeyDown, { capture: true });
    return () => screen?.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [open]);

  return (
    <div ref={frame} className="flex min-h-0 grow flex-col bg-surface">
      {renderToolbar(open, state, frame)}
      <div
        data-keys=""
        className="relative min-h-40 grow overflow-hidden bg-ground outline-offset-[-2px] focus-within:outline-2 focus-within:outline-accent"
      >
        <div ref={target} className="absolute inset-0 touch-none" />
        <ConsoleNotice state={state} retry={retry} off={off} />
      </div>
      <div className="flex min-h-8 shrink-0 items-center gap-3 border-t border-line px-3 py-1 text-[12px] text-muted">
        {only ? (
          s.viewOnlyHint
        ) : (
          <>
            <button
              ref={enter}
              type="button"
              disabled={!open}
              onClick={() => open?.focus()}
              className="shrink-0 rounded border border-line px-2 py-0.5 text-text hover:bg-hover disabled:text-muted"
            >
              {s.enter}
            </button>
            <span>{s.leaveHint}</span>
          </>
        )}
      </div>
    </div>
  );
}
