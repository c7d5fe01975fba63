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
  if (link === "live" || link === "connecting") return null;
  const refused = link === "refused";
  return (
    <div role="status" className="flex items-center gap-3 border-b border-warn/30 bg-warn-soft px-4 py-1.5 text-warn">
      <span className="grow">{refused ? s.refused : s.lost}</span>
      <button
        type="button"
        className="font-medium underline"
        onClick={() => (refused ? session?.refresh() : feed.retryNow())}
      >
        {refused ? s.signIn : s.retry}
      </button>
    </div>
  );
}
