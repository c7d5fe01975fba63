import { StoragePoolStatus_Phase as Phase, type StoragePool } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, LoaderCircle } from "lucide-react";
import { useConnection } from "../../../api/context.tsx";
import { useRow } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";

const s = strings.addPool.outcome;

/** What each host says of a pool that was just declared, as it says it. */
export function PoolOutcome({ made, onAnother }: { made: StoragePool; onAnother: () => void }) {
  const { inventory } = useConnection();
  const navigate = useNavigate();
  const pool = useRow(inventory.pool, made.id) ?? made;
  const told = new Map(pool.status?.hosts.map((host) => [host.nodeId, host]));
  const hosts = (pool.spec?.assignedNodeIds ?? []).map((id) => ({
    id,
    name: inventory.node.get(id)?.hostname ?? id,
    phase: told.get(id)?.phase ?? Phase.PENDING,
    message: told.get(id)?.errorMessage ?? "",
  }));
  const open = hosts.some(({ phase }) => phase !== Phase.READY && phase !== Phase.ERROR);
  const failed = hosts.some(({ phase }) => phase === Phase.ERROR);
  return (
    <section className="flex flex-col gap-4" aria-live="polite">
      <h2 className="text-[15px] font-semibold">
        {open ? s.title(pool.name) : failed ? s.failed(pool.name) : s.ready(pool.name)}
      </h2>
      <ul className="divide-y divide-line/60 rounded-lg border border-line">
        {hosts.map(({ id, name, phase, message }) => (
          <li key={id} className="flex items-start gap-2.5 px-3 py-2">
            <Mark phase={phase} />
            <span className="min-w-0 grow">
              <span className="font-medium">{name}</span>
              <span className={`block break-words first-letter:uppercase ${message ? "text-bad" : "text-muted"}`}>
                {message || (phase === Phase.READY ? strings.pools.phases.ready : s.waiting)}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {failed && <p className="text-muted">{s.failedText}</p>}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" onClick={() => void navigate({ to: `/pools/${pool.id}`, search: {} } as never)}>
          {s.open}
        </Button>
        <Button onClick={onAnother}>{s.another}</Button>
      </div>
    </section>
  );
}

function Mark({ phase }: { phase: Phase }) {
  if (phase === Phase.READY) return <CircleCheck aria-hidden size={16} className="mt-0.5 shrink-0 text-ok" />;
  if (phase === Phase.ERROR) return <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-bad" />;
  return <LoaderCircle aria-hidden size={16} className="mt-0.5 shrink-0 animate-spin text-muted" />;
}
