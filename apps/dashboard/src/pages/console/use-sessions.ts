import { VMService, type ConsoleSession } from "@limiquantix/api";
import { useEffect, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { strings } from "../../strings/index.ts";

const s = strings.console;
const againMs = 5000;

/** Who is at the VM's consoles, live; empty where it cannot be known. */
export function useSessions(vmId: string): readonly ConsoleSession[] {
  const client = useClient(VMService);
  const [sessions, setSessions] = useState<readonly ConsoleSession[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watch = async () => {
      try {
        for await (const { sessions } of client.watchConsoleSessions({ vmId }, { signal: stop.signal })) {
          setSessions(sessions);
        }
      } catch {
        // What matters of it is told by the console itself, which fails for the same reason.
      }
      if (stop.signal.aborted) return;
      setSessions([]);
      timer = setTimeout(() => void watch(), againMs);
    };
    void watch();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [client, vmId]);
  return sessions;
}

/** The others by name, each once; undefined: nobody else is there. */
export function othersIn(sessions: readonly ConsoleSession[], ownId: string): string | undefined {
  const others = sessions.filter(({ id }) => id !== ownId);
  const names = others.map(({ userName, viewOnly, linkId }) => {
    const who = linkId ? s.byLink(userName) : userName;
    return viewOnly ? s.looking(who) : who;
  });
  return names.length === 0 ? undefined : [...new Set(names)].join(", ");
}
