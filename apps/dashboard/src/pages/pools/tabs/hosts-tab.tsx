import {
  StoragePoolService,
  StoragePoolStatus_Phase as Phase,
  type PoolHost,
  type StoragePool,
} from "@limiquantix/api";
import { Plus, RefreshCw, Server, Unplug } from "lucide-react";
import { useMemo, useState } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { blockedBy, useCan } from "../../../api/use-can.ts";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { StateDot } from "../../../ui/badge.tsx";
import { Button } from "../../../ui/button.tsx";
import { ListTable, type ListColumn } from "../../../ui/list-table.tsx";
import { ObjectLink } from "../../../ui/object-link.tsx";
import { Panel } from "../../../ui/page.tsx";
import { Empty } from "../../../ui/states.tsx";
import { Ago } from "../../../ui/time.tsx";
import { AssignPoolDialog } from "../dialogs/assign-pool-dialog.tsx";
import { phaseLook } from "../pool-state.ts";

const s = strings.pools.hostsTab;

interface HostRow {
  id: string;
  hostname: string;
  assigned: boolean;
  told: PoolHost | undefined;
}

/** Each host that has the pool, with how it sees it. */
export function PoolHosts({ pool }: { pool: StoragePool }) {
  const client = useClient(StoragePoolService);
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const [assigning, setAssigning] = useState(false);
  const [taking, setTaking] = useState<HostRow>();
  const [edit] = useCan([{ privilege: "pool.edit", object: { kind: "pool", id: pool.id } }]);
  const own = pool.spec?.ofHost ? s.own : undefined;
  const blocked = own ?? blockedBy(edit);
  const rows = useMemo(() => hostRows(pool, new Map(nodes.map(({ id, hostname }) => [id, hostname]))), [pool, nodes]);
  const reconnect = useAction(() => client.reconnectPool({ id: pool.id, idempotencyKey: newKey() }), {
    done: s.reconnected,
  });
  const columns = columnsOf(blocked, setTaking);
  return (
    <div className="p-4">
      <Panel
        title={s.label}
        actions={
          <>
            <Button
              className="my-1"
              icon={<RefreshCw size={14} />}
              title={s.reconnectHint}
              busy={reconnect.busy}
              blocked={blocked}
              onClick={() => void reconnect.run()}
            >
              {s.reconnect}
            </Button>
            <Button className="my-1" icon={<Plus size={14} />} blocked={blocked} onClick={() => setAssigning(true)}>
              {s.assign}
            </Button>
          </>
        }
      >
        {rows.length === 0 ? (
          <Empty icon={<Server size={32} />} title={s.none}>
            {s.noneText}
          </Empty>
        ) : (
          <ListTable label={s.label} rows={rows} rowKey={({ id }) => id} columns={columns} />
        )}
        {own && <p className="mt-3 text-muted">{own}</p>}
      </Panel>
      {assigning && <AssignPoolDialog pool={pool} onClose={() => setAssigning(false)} />}
      {taking && (
        <AskFirst
          title={s.unassignTitle(pool.name, taking.hostname)}
          action={s.unassignDo}
          done={s.unassigned}
          work={() => client.unassignPoolFromNode({ poolId: pool.id, nodeId: taking.id, idempotencyKey: newKey() })}
          onClose={() => setTaking(undefined)}
        >
          <p>{s.unassignText}</p>
        </AskFirst>
      )}
    </div>
  );
}

function columnsOf(blocked: string | undefined, onTake: (row: HostRow) => void): ListColumn<HostRow>[] {
  return [
    {
      id: "host",
      title: s.host,
      className: "font-medium",
      cell: ({ id, hostname }) => <ObjectLink object={{ kind: "node", id, name: hostname }} />,
    },
    { id: "state", title: s.state, cell: ({ told }) => <StateDot {...phaseLook(told?.phase ?? Phase.PENDING)} /> },
    {
      id: "message",
      title: s.message,
      className: "whitespace-normal max-w-96",
      cell: ({ told, assigned }) =>
        told?.errorMessage ? (
          <span className="text-bad">{told.errorMessage}</span>
        ) : (
          <span className="text-muted">{!assigned ? s.away : told ? "" : s.notYet}</span>
        ),
    },
    { id: "measured", title: s.measured, cell: ({ told }) => <Ago at={told?.measuredAt} /> },
    {
      id: "actions",
      title: "",
      align: "right",
      cell: (row) =>
        row.assigned && (
          <Button
            look="ghost"
            title={s.unassign}
            aria-label={`${s.unassign}: ${row.hostname}`}
            icon={<Unplug size={14} />}
            blocked={blocked}
            onClick={() => onTake(row)}
          />
        ),
    },
  ];
}

function hostRows({ spec, status }: StoragePool, names: ReadonlyMap<string, string>): HostRow[] {
  const assigned = new Set(spec?.assignedNodeIds);
  const told = new Map(status?.hosts.map((host) => [host.nodeId, host]));
  return [...new Set([...assigned, ...told.keys()])]
    .map((id) => ({ id, hostname: names.get(id) ?? id, assigned: assigned.has(id), told: told.get(id) }))
    .toSorted((a, b) => a.hostname.localeCompare(b.hostname, "en", { numeric: true }));
}
