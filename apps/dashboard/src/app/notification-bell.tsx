import { Bell } from "lucide-react";
import { useMemo } from "react";
import { useConnection } from "../api/context.tsx";
import { useRows } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { OnDemand } from "../ui/on-demand.tsx";
import { headerButton } from "./header-button.ts";
import { notificationsOf, type Notification } from "./notifications.ts";
import { useReadUntil } from "./read-until.ts";
import { useSession } from "./session.tsx";

const loadPanel = () => import("./notification-panel.tsx").then(({ NotificationPanel }) => NotificationPanel);

export interface BellProps {
  notifications: readonly Notification[];
  /** In milliseconds since 1970: what came later is unread. */
  readUntilMs: number;
  onRead: (untilMs: number) => void;
}

/** How much happened since one last looked; what it was is loaded when somebody wants to see it. */
export function NotificationBell() {
  const { inventory } = useConnection();
  const user = useSession()?.user.name;
  const [tasks, events] = [useRows(inventory.task), useRows(inventory.event)];
  const notifications = useMemo(() => notificationsOf({ tasks, events }, user), [tasks, events, user]);
  const [readUntilMs, onRead] = useReadUntil(user);
  const unread = unreadOf(notifications, readUntilMs);
  return (
    <OnDemand<BellProps>
      load={loadPanel}
      props={{ notifications, readUntilMs, onRead }}
      label={strings.shell.notifications.bell(unread)}
      className={headerButton}
      face={<BellFace unread={unread} />}
    />
  );
}

export function BellFace({ unread }: { unread: number }) {
  return (
    <>
      <Bell aria-hidden size={16} />
      {unread > 0 && (
        <span className="min-w-5 rounded-full bg-bad-soft px-1.5 text-center text-[11px] font-semibold text-bad tabular-nums">
          {unread}
        </span>
      )}
    </>
  );
}

export function unreadOf(notifications: readonly Notification[], readUntilMs: number): number {
  return notifications.filter(({ atMs }) => atMs > readUntilMs).length;
}
