import { fromConnectError, Reason, type ConsoleInfo, type Problem } from "@limiquantix/api";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useConnection } from "../../api/context.tsx";
import type { ConsoleChannel } from "../../api/console-channel.ts";

/**
 *     off ──the VM runs──▶ connecting ──▶ open
 *                            ▲  │          │ broke
 *                            │  ▼          ▼
 *                            │ refused    lost ──after a while, with a new ticket──▶ connecting
 */
export type ConsoleState =
  | { kind: "off" }
  | { kind: "connecting" }
  | { kind: "open"; info: ConsoleInfo }
  | { kind: "lost"; why: string }
  | { kind: "refused"; problem: Problem };

export interface ConsoleOptions {
  /** Asks for a ticket. */
  ticket: (signal: AbortSignal) => Promise<ConsoleInfo>;
  /** Joins the channel to what shows it. `opened` and `closed` tell how it goes; disposing ends it. */
  attach: (channel: ConsoleChannel, info: ConsoleInfo, on: { opened: () => void; closed: () => void }) => Disposable;
  /** Whether the VM has a console now; undefined: only trying tells. */
  running: boolean | undefined;
  /** Which console it is: another key is another connection. */
  key: string;
}

const longestWaitMs = 15_000;
/** Reasons that pass by themselves. */
const passing = new Set([Reason.UNAVAILABLE, Reason.NODE_UNREACHABLE, Reason.RATE_LIMITED, Reason.INTERNAL]);

/** One console, reconnected for as long as the page is open: each time with a new ticket, since one is good once. */
export function useConsole(options: ConsoleOptions): { state: ConsoleState; retry: () => void } {
  const { dialConsole } = useConnection();
  const [state, setState] = useState<ConsoleState>({ kind: "connecting" });
  const [round, setRound] = useState(0);
  const failures = useRef(0);
  const latest = useRef(options);
  useLayoutEffect(() => {
    latest.current = options;
  });
  const { running, key } = options;
  const retry = useCallback(() => {
    failures.current = 0;
    setRound((before) => before + 1);
  }, []);

  useEffect(() => {
    if (running === false) {
      setState({ kind: "off" });
      return;
    }
    const stop = new AbortController();
    let attached: Disposable | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      const waitMs = Math.min(longestWaitMs, 500 * 2 ** failures.current++);
      timer = setTimeout(() => setRound((before) => before + 1), waitMs);
    };
    const closed = (why = "") => {
      if (stop.signal.aborted) return;
      setState({ kind: "lost", why });
      again();
    };
    const failed = (error: unknown) => {
      if (stop.signal.aborted) return;
      const problem = fromConnectError(error);
      if (problem.reason === Reason.CONSOLE_VM_NOT_RUNNING) {
        setState({ kind: "off" });
        again();
      } else if (passing.has(problem.reason)) closed(problem.message);
      else setState({ kind: "refused", problem });
    };
    setState({ kind: "connecting" });
    latest.current.ticket(stop.signal).then((info) => {
      if (stop.signal.aborted) return;
      const channel = dialConsole(info.websocketUrl);
      const opened = () => {
        failures.current = 0;
        if (!stop.signal.aborted) setState({ kind: "open", info });
      };
      attached = latest.current.attach(channel, info, { opened, closed });
    }, failed);
    return () => {
      stop.abort();
      clearTimeout(timer);
      attached?.[Symbol.dispose]();
    };
  }, [dialConsole, running, key, round]);

  return { state, retry };
}
