import { Code, ConnectError } from "@connectrpc/connect";
import { useEffect } from "react";
import { useConnection } from "../api/context.tsx";
import { useLink } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { useSession } from "./session.tsx";

/** A broken connection is said, with what is on the screen then. */
export function ConnectionBanner() {
  const { feed } = useConnection();
  const link = useLink(feed);
  const session = useSession();
  const s = strings.shell.link;
  const refused = link === "refused";
  // The session goes on, but something is demanded first, a second factor say: whoever shows the page finds out what.
  const limited = refused && ConnectError.from(feed.error).code === Code.PermissionDenied && session !== undefined;
  const refresh = session?.refresh;
  useEffect(() => {
    if (limited) refresh?.();
  }, [limited, refresh]);
  if (link === "live" || link === "connecting" || limited) return null;
  return (
    <div role="status" className="flex items-center gap-3 border-b border-warn/30 bg-warn-soft px-4 py-1.5 text-warn">
      <span className="grow">{refused ? s.refused : s.lost}</span>
      <button type="button" className="font-medium underline" onClick={() => (refused ? refresh?.() : feed.retryNow())}>
        {refused ? s.signIn : s.retry}
      </button>
    </div>
  );
}
