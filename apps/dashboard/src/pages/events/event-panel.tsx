import type { Event } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts } from "../../ui/page.tsx";
import { SidePanel, SideSection } from "../../ui/side-panel.tsx";
import { At } from "../../ui/time.tsx";
import { GrantObject } from "../grants/grant-object.tsx";
import { eventSeverities } from "./event-severity.ts";

const s = strings.events;

export interface EventPanelProps {
  event: Event;
  onClose: () => void;
  onSubject: (id: string) => void;
}

export function EventPanel({ event, onClose, onSubject }: EventPanelProps) {
  const { id, severity, message, type, user, subject, nodeId, projectId, taskId, createdAt, metadata } = event;
  const more = Object.entries(metadata);
  return (
    <SidePanel id={id} title={<StateDot {...eventSeverities[severity]} />} onClose={onClose}>
      <p className="text-[15px] break-words first-letter:uppercase">{message}</p>
      <Facts
        facts={[
          [s.facts.at, <At key="at" at={createdAt} />],
          [s.facts.subject, <ObjectLink key="subject" object={subject} withKind />],
          [s.facts.type, type],
          [s.facts.user, user],
          [s.facts.node, nodeId && <GrantObject key="node" object={{ kind: "node", id: nodeId, name: "" }} />],
          [s.facts.project, projectId && <GrantObject key="p" object={{ kind: "project", id: projectId, name: "" }} />],
          [
            s.facts.task,
            taskId && (
              <Link
                key="task"
                to={"/tasks" as never}
                search={{ task: taskId } as never}
                className="text-accent hover:underline"
              >
                {s.showTask}
              </Link>
            ),
          ],
          [
            s.facts.id,
            <code key="id" className="text-[12px] break-all">
              {id}
            </code>,
          ],
        ]}
      />
      {more.length > 0 && (
        <SideSection title={s.metadata}>
          <Facts facts={more} />
        </SideSection>
      )}
      {subject?.id && (
        <div>
          <Button onClick={() => onSubject(subject.id)}>{s.onlySubject}</Button>
        </div>
      )}
    </SidePanel>
  );
}
