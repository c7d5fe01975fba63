import type { AuditChange, AuditRecord } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { strings } from "../../strings/index.ts";
import { Badge, StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts } from "../../ui/page.tsx";
import { SidePanel, SideSection } from "../../ui/side-panel.tsx";
import { At } from "../../ui/time.tsx";
import { GrantObject } from "../grants/grant-object.tsx";
import { auditOutcomes } from "./audit-filters.tsx";

const s = strings.audit;

export interface AuditPanelProps {
  record: AuditRecord;
  onClose: () => void;
  /** Shows only what this actor did, or what was done to this object. */
  onOnly: (filter: "actor" | "object", id: string) => void;
}

export function AuditPanel({ record, onClose, onOnly }: AuditPanelProps) {
  const { object } = record;
  const small = "font-mono text-[12px] break-all";
  return (
    <SidePanel id={record.id} title={record.method} onClose={onClose}>
      <div className="flex items-center gap-2">
        <StateDot {...auditOutcomes[record.outcome]} />
        {record.dryRun && <Badge>{s.dryRun}</Badge>}
      </div>
      {record.message && <p className="rounded-md bg-hover p-3 break-words first-letter:uppercase">{record.message}</p>}
      <Facts
        facts={[
          [s.facts.at, <At key="at" at={record.at} />],
          [s.facts.who, `${s.actorKinds[record.actorKind] ?? record.actorKind} ${record.actorName}`],
          [s.facts.address, record.address],
          [s.facts.object, object?.kind ? <ObjectLink key="object" object={object} withKind /> : ""],
          [
            s.facts.project,
            record.projectId && <GrantObject key="p" object={{ kind: "project", id: record.projectId, name: "" }} />,
          ],
          [s.facts.reason, record.reason],
          [
            s.facts.task,
            record.taskId && (
              <Link
                key="task"
                to={"/tasks" as never}
                search={{ task: record.taskId } as never}
                className="text-accent hover:underline"
              >
                {s.showTask}
              </Link>
            ),
          ],
        ]}
      />
      <div className="flex flex-wrap gap-2">
        {record.actorId && <Button onClick={() => onOnly("actor", record.actorId)}>{s.onlyActor}</Button>}
        {object?.id && <Button onClick={() => onOnly("object", object.id)}>{s.onlyObject}</Button>}
      </div>
      <SideSection title={s.changes}>
        {record.changes.length === 0 ? (
          <p className="text-muted">{s.noChanges}</p>
        ) : (
          <Changes changes={record.changes} />
        )}
        {record.changesCut && <p className="text-muted">{s.cut}</p>}
      </SideSection>
      <Facts
        facts={[
          [
            s.facts.token,
            <span key="token" className={small}>
              {record.tokenId || "–"}
            </span>,
          ],
          [
            s.facts.request,
            <span key="request" className={small}>
              {record.requestId || "–"}
            </span>,
          ],
          [
            s.facts.id,
            <span key="id" className={small}>
              {record.id}
            </span>,
          ],
          [
            s.facts.hash,
            <span key="hash" className={small}>
              {record.hash}
            </span>,
          ],
          [
            s.facts.previous,
            <span key="previous" className={small}>
              {record.previousHash}
            </span>,
          ],
        ]}
      />
    </SidePanel>
  );
}

/** Field by field, what was and what is, under the object that it belongs to. */
function Changes({ changes }: { changes: readonly AuditChange[] }) {
  return (
    <div className="overflow-hidden rounded-md border border-line">
      {changes.map((change, i) => {
        const before = changes[i - 1]?.object;
        const isNew = before?.id !== change.object?.id || before?.kind !== change.object?.kind;
        return (
          <Fragment key={`${change.object?.id} ${change.field}`}>
            {isNew && (
              <p className="border-b border-line bg-ground px-2 py-1 font-medium">
                <ObjectLink object={change.object} withKind />
              </p>
            )}
            <Change change={change} />
          </Fragment>
        );
      })}
    </div>
  );
}

function Change({ change: { field, before, after } }: { change: AuditChange }) {
  const line = "block px-2 py-0.5 font-mono text-[12px] break-all whitespace-pre-wrap";
  return (
    <div className="border-b border-line/60 last:border-0">
      <p className="px-2 pt-1 text-muted">
        {field || s.wholeObject} {!before && <Badge tone="ok">{s.came}</Badge>}
        {!after && <Badge tone="bad">{s.went}</Badge>}
      </p>
      {before && (
        <del className={`${line} bg-bad-soft text-text no-underline`} aria-label={s.before}>
          <span aria-hidden>− </span>
          {pretty(before)}
        </del>
      )}
      {after && (
        <ins className={`${line} bg-ok-soft text-text no-underline`} aria-label={s.after}>
          <span aria-hidden>+ </span>
          {pretty(after)}
        </ins>
      )}
    </div>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}
