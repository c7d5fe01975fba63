import { Event_Severity, Task_State, type Event, type Task } from "@limiquantix/api";
import { BellOff, CheckCircle2, CircleAlert, TriangleAlert } from "lucide-react";
import { strings } from "../strings/index.ts";
import { objectPath } from "../ui/object-link.tsx";
import type { OnDemandProps } from "../ui/on-demand.tsx";
import { Empty } from "../ui/states.tsx";
import { taskTitle } from "../ui/task-line.tsx";
import { Ago } from "../ui/time.tsx";
import { headerButton } from "./header-button.ts";
import { HeaderPanel, PanelLink } from "./header-panel.tsx";
import { BellFace, unreadOf, type BellProps } from "./notification-bell.tsx";
import type { Notification } from "./notifications.ts";

const s = strings.shell.notifications;

/** What happened lately to one's own work and to the datacenter. */
export function NotificationPanel({ notifications, readUntilMs, onRead, focused, opened }: BellProps & OnDemandProps) {
  const unread = unreadOf(notifications, readUntilMs);
  const newest = notifications[0];
  return (
    <HeaderPanel
      {...{ focused, opened }}
      title={s.title}
      label={s.bell(unread)}
      className={headerButton}
      face={<BellFace unread={unread} />}
      all={{ to: "/events", label: s.all }}
      actions={
        unread > 0 &&
        newest && (
          <button type="button" className="text-accent hover:underline" onClick={() => onRead(newest.atMs)}>
            {s.markRead}
          </button>
        )
      }
    >
      <ul>
        {notifications.map((one) => (
          <li key={one.id} className="flex gap-2.5 border-b border-line/60 px-4 py-2.5 last:border-0">
            <Line one={one} unread={one.atMs > readUntilMs} />
          </li>
        ))}
      </ul>
      {notifications.length === 0 && (
        <Empty icon={<BellOff size={28} />} title={s.none}>
          {s.noneText}
        </Empty>
      )}
    </HeaderPanel>
  );
}

interface Told {
  tone: "bad" | "warn" | "ok";
  title: string;
  detail: string;
  /** The object's page, or where the whole story is. */
  to: string;
  by: string;
}

function Line({ one, unread }: { one: Notification; unread: boolean }) {
  const { tone, title, detail, to, by } = one.kind === "task" ? ofTask(one.task) : ofEvent(one.event, one.vms);
  const { icon: Icon, colour, word } = tones[tone];
  return (
    <>
      <Icon role="img" aria-label={word} size={15} className={`mt-0.5 shrink-0 ${colour}`} />
      <div className="min-w-0 grow">
        <PanelLink
          to={to}
          className={`block break-words first-letter:uppercase hover:underline ${unread ? "font-semibold" : ""}`}
        >
          {title}
        </PanelLink>
        {detail && <p className="break-words text-muted first-letter:uppercase">{detail}</p>}
        <p className="flex gap-2 text-muted">
          <span className="grow">{by}</span>
          <Ago at={one.kind === "task" ? (one.task.finishedAt ?? one.task.createdAt) : one.event.createdAt} />
        </p>
      </div>
      {unread && <span role="img" aria-label={s.unread} className="mt-1.5 size-2 shrink-0 rounded-full bg-accent" />}
    </>
  );
}

const tones = {
  bad: { icon: CircleAlert, colour: "text-bad", word: s.tones.bad },
  warn: { icon: TriangleAlert, colour: "text-warn", word: s.tones.warn },
  ok: { icon: CheckCircle2, colour: "text-ok", word: s.tones.ok },
};

function ofTask(task: Task): Told {
  const failed = task.state === Task_State.FAILED;
  const title = `${taskTitle(task)} ${task.target?.name ?? ""}`.trim();
  return {
    tone: failed ? "bad" : "ok",
    title: failed ? s.failed(title) : s.done(title),
    detail: [task.error?.message, task.error?.tryThis].filter(Boolean).join(" "),
    to: `/tasks?task=${task.id}`,
    by: task.createdBy,
  };
}

function ofEvent({ id, severity, message, subject, user }: Event, vms: number): Told {
  return {
    tone: severity >= Event_Severity.ERROR ? "bad" : "warn",
    title: message,
    detail: vms > 0 ? s.withVms(vms) : "",
    to: (subject && objectPath(subject)) ?? `/events?event=${id}`,
    by: user === "system" ? "" : user,
  };
}
