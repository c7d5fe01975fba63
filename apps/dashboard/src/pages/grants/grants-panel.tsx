import { GrantService, type Grant, type ResourceRef } from "@limiquantix/api";
import { Plus, Trash2, User, Users } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan, type Permission } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { AskFirst } from "../../ui/ask-first.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { GrantDialog } from "./grant-dialog.tsx";
import { GrantObject } from "./grant-object.tsx";

const s = strings.grants;

/** Who holds which role on an object, by a grant on it or on what is above it; to give one and to take one. */
export function GrantsPanel({ object }: { object: Pick<ResourceRef, "kind" | "id" | "name"> }) {
  const client = useClient(GrantService);
  const [dialog, setDialog] = useState<"give" | { take: Grant }>();
  const { data, problem, reload } = useQuery(`grants ${object.kind} ${object.id}`, (signal) =>
    client.listGrants({ object: { kind: object.kind, id: object.id }, effective: true, pageSize: 1000 }, { signal }),
  );
  const [manage] = useCan([{ privilege: "grant.manage", object: { kind: object.kind, id: object.id } }]);
  const columns = columnsOf({ object, manage, take: (grant) => setDialog({ take: grant }) });
  return (
    <Panel
      title={s.title}
      actions={
        <Button
          icon={<Plus size={14} />}
          className="my-1"
          blocked={blockedBy(manage)}
          onClick={() => setDialog("give")}
        >
          {s.give}
        </Button>
      }
    >
      {data ? (
        <ListTable label={s.title} rows={data.grants} columns={columns} rowKey={({ id }) => id} empty={s.none} />
      ) : problem ? (
        <QueryProblem problem={problem} retry={reload} />
      ) : (
        <Skeleton className="h-24" />
      )}
      {dialog === "give" && <GrantDialog object={object} onClose={() => setDialog(undefined)} onDone={reload} />}
      {typeof dialog === "object" && (
        <TakeGrant grant={dialog.take} onClose={() => setDialog(undefined)} onDone={reload} />
      )}
    </Panel>
  );
}

interface Parts {
  object: Pick<ResourceRef, "kind" | "id">;
  manage: Permission | undefined;
  take: (grant: Grant) => void;
}

function columnsOf({ object, manage, take }: Parts): ListColumn<Grant>[] {
  const isHere = (grant: Grant) => grant.object?.kind === object.kind && grant.object.id === object.id;
  return [
    { id: "holder", title: s.columns.holder, cell: (grant) => <Holder grant={grant} /> },
    { id: "role", title: s.columns.role, cell: ({ roleName }) => roleName },
    {
      id: "object",
      title: s.columns.object,
      cell: (grant) => (isHere(grant) ? <Badge tone="info">{s.here}</Badge> : <GrantObject object={grant.object} />),
    },
    {
      id: "scope",
      title: s.columns.scope,
      className: "text-muted",
      cell: ({ thisObjectOnly }) => (thisObjectOnly ? s.only : s.below),
    },
    { id: "since", title: s.columns.since, className: "text-muted", cell: ({ createdAt }) => <Ago at={createdAt} /> },
    {
      id: "take",
      title: "",
      align: "right",
      cell: (grant) => (
        <Button
          look="ghost"
          aria-label={s.removeTitle(grant.holderName, grant.roleName)}
          icon={<Trash2 size={14} />}
          blocked={isHere(grant) ? blockedBy(manage) : s.inherited}
          onClick={() => take(grant)}
        />
      ),
    },
  ];
}

/** Asks before a role is taken. */
export function TakeGrant({ grant, onClose, onDone }: { grant: Grant; onClose: () => void; onDone: () => void }) {
  const client = useClient(GrantService);
  return (
    <AskFirst
      title={s.removeTitle(grant.holderName, grant.roleName)}
      action={s.remove}
      done={s.removed}
      onClose={onClose}
      work={async () => {
        await client.deleteGrant({ id: grant.id, idempotencyKey: newKey() });
        onDone();
      }}
    >
      <p>
        {s.columns.object}: <GrantObject object={grant.object} />. {s.removeText}
      </p>
    </AskFirst>
  );
}

export function Holder({ grant }: { grant: Pick<Grant, "holder" | "holderName"> }) {
  const isGroup = grant.holder.case === "groupId";
  return (
    <span className="inline-flex items-center gap-1.5">
      {isGroup ? <Users size={14} aria-label={s.group} /> : <User size={14} aria-label={s.user} />}
      {grant.holderName || grant.holder.value}
    </span>
  );
}
