import { VMService, VmStatus_PowerState as PowerState } from "@limiquantix/api";
import { ArrowDown, ArrowUp, ClipboardPaste, Copy, Eraser } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { useRow } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/field.tsx";
import { ConsoleNotice } from "./console-notice.tsx";
import { Presence } from "./console-panel.tsx";
import type { SerialView } from "./serial-view.ts";
import { useConsole } from "./use-console.ts";
import { othersIn, useSessions } from "./use-sessions.ts";

const s = strings.console;

/** A VM's serial port as a terminal: it fills the height that it is given. */
export function SerialConsole({ vmId }: { vmId: string }) {
  const client = useClient(VMService);
  const vm = useRow(useConnection().inventory.vm, vmId);
  const sessions = useSessions(vmId);
  const target = useRef<HTMLDivElement>(null);
  const enter = useRef<HTMLButtonElement>(null);
  const finder = useRef<HTMLInputElement>(null);
  const [view, setView] = useState<SerialView>();
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const start = useAction(useCallback(() => client.startVM({ id: vmId, idempotencyKey: newKey() }), [client, vmId]));
  const power = vm?.status?.state;
  const running = power === undefined ? undefined : power === PowerState.RUNNING || power === PowerState.PAUSED;

  useEffect(() => {
    let made: SerialView | undefined;
    let gone = false;
    void import("./serial-view.ts").then(({ SerialView }) => {
      if (gone || !target.current) return;
      made = new SerialView(target.current, {
        leave: () => enter.current?.focus(),
        find: () => finder.current?.focus(),
      });
      setView(made);
    });
    return () => {
      gone = true;
      made?.[Symbol.dispose]();
      setView(undefined);
    };
  }, [vmId]);

  const { state, retry } = useConsole({
    ticket: (signal) => client.getConsole({ vmId, type: 2 }, { signal }),
    // The terminal is there before the guest speaks.
    running: view ? running : false,
    key: vmId,
    attach: (channel, _info, on) => view?.attach(channel, on) ?? { [Symbol.dispose]: () => channel.close() },
  });
  const find = (direction: "next" | "previous") => setMissing(text !== "" && view?.find(text, direction) === false);

  return (
    <div className="flex min-h-0 grow flex-col bg-surface">
      <div className="flex shrink-0 flex-wrap items-center gap-1.5 border-b border-line px-3 py-1.5">
        <form
          role="search"
          className="flex items-center gap-1.5"
          onSubmit={(event) => {
            event.preventDefault();
            find("previous");
          }}
        >
          <Input
            ref={finder}
            type="search"
            aria-label={s.search.label}
            placeholder={s.search.label}
            className="max-w-56"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && view?.focus()}
          />
          <Button type="submit" look="ghost" aria-label={s.search.previous} icon={<ArrowUp size={14} />} />
          <Button look="ghost" aria-label={s.search.next} icon={<ArrowDown size={14} />} onClick={() => find("next")} />
          <span role="status" className="text-muted">
            {missing && s.search.none}
          </span>
        </form>
        <div className="flex min-w-0 grow items-center">
          <Presence names={state.kind === "open" ? othersIn(sessions, state.info.sessionId) : undefined} />
        </div>
        <Button look="ghost" icon={<Copy size={14} />} onClick={() => void view?.copy()}>
          {s.copy}
        </Button>
        <Button look="ghost" icon={<ClipboardPaste size={14} />} onClick={() => void view?.paste().catch(() => {})}>
          {s.paste}
        </Button>
        <Button look="ghost" icon={<Eraser size={14} />} onClick={() => view?.clear()}>
          {s.clear}
        </Button>
      </div>
      <div
        data-keys=""
        className="relative min-h-40 grow overflow-hidden bg-ground p-2 outline-offset-[-2px] focus-within:outline-2 focus-within:outline-accent"
      >
        <div ref={target} className="size-full" />
        <ConsoleNotice
          state={view ? state : { kind: "connecting" }}
          retry={retry}
          off={
            <>
              <p>{power === PowerState.STARTING ? s.off.starting : s.off.text}</p>
              <Button
                look="primary"
                busy={start.busy || power === PowerState.STARTING}
                onClick={() => void start.run()}
              >
                {s.off.start}
              </Button>
            </>
          }
        />
      </div>
      <div className="flex min-h-8 shrink-0 items-center gap-3 border-t border-line px-3 py-1 text-[12px] text-muted">
        <button
          ref={enter}
          type="button"
          onClick={() => view?.focus()}
          className="shrink-0 rounded border border-line px-2 py-0.5 text-text hover:bg-hover"
        >
          {s.enter}
        </button>
        <span>{s.serialHint}</span>
      </div>
    </div>
  );
}
