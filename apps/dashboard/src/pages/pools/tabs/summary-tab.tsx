import type { PoolCapabilities, StoragePool } from "@limiquantix/api";
import { Check, Minus } from "lucide-react";
import { strings } from "../../../strings/index.ts";
import { Badge } from "../../../ui/badge.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Facts, Panel } from "../../../ui/page.tsx";
import { Ago, At } from "../../../ui/time.tsx";
import { bytes, percent } from "../../../ui/units.ts";
import { CapacityRing } from "../capacity-ring.tsx";
import { configFacts } from "../pool-config.ts";
import { fillTone, poolBackend, poolFill, thresholdsOf, whyUnable } from "../pool-state.ts";

const s = strings.pools;

export function PoolSummary({ pool }: { pool: StoragePool }) {
  const config = configFacts(pool);
  const note = pool.status?.capabilities?.note;
  return (
    <div className="flex flex-col gap-4 p-4">
      {pool.status?.errorMessage && (
        <Notice tone={pool.status.nearlyFull ? "warn" : "bad"}>{pool.status.errorMessage}</Notice>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Capacity pool={pool} />
        <Panel title={s.about}>
          <Facts
            facts={[
              [s.columns.backend, pool.spec?.ofHost ? `${poolBackend(pool)}, ${s.ofHost}` : poolBackend(pool)],
              ...config,
              [s.joined, <At key="at" at={pool.createdAt} />],
              [
                s.description,
                pool.description || (
                  <span key="none" className="text-muted">
                    {s.noDescription}
                  </span>
                ),
              ],
              [
                s.id,
                <code key="id" className="font-mono text-[12px]">
                  {pool.id}
                </code>,
              ],
            ]}
          />
        </Panel>
      </div>
      {note && (
        <Notice tone="info">
          <span className="font-medium">{s.note}:</span> {note}
        </Notice>
      )}
      {pool.status?.capabilities && <Capabilities pool={pool} can={pool.status.capabilities} />}
    </div>
  );
}

function Capacity({ pool }: { pool: StoragePool }) {
  const { totalBytes = 0n, usedBytes = 0n, availableBytes = 0n, provisionedBytes = 0n } = pool.status?.capacity ?? {};
  const { warn, stop, overcommit } = thresholdsOf(pool);
  const ratio = totalBytes > 0n ? Number(provisionedBytes) / Number(totalBytes) : 0;
  return (
    <Panel title={s.capacity} actions={pool.status?.nearlyFull ? <Badge tone="warn">{s.nearlyFull}</Badge> : undefined}>
      {totalBytes === 0n ? (
        <p className="text-muted">{s.notMeasured}</p>
      ) : (
        <div className="flex flex-wrap items-center gap-x-8 gap-y-4">
          <CapacityRing
            label={`${s.capacity}, ${pool.name}: ${s.used(bytes(usedBytes), bytes(totalBytes))}`}
            share={poolFill(pool)}
            text={percent(100 * poolFill(pool))}
            tone={fillTone(pool)}
            marks={[warn / 100, stop / 100]}
          />
          <Facts
            facts={[
              [s.usedShort, s.used(bytes(usedBytes), bytes(totalBytes))],
              [s.free, bytes(availableBytes)],
              [s.thin, s.thinRatio(bytes(provisionedBytes), ratio.toFixed(2))],
              [s.overcommitment, overcommit > 0 ? s.overcommit(overcommit) : s.noOvercommit],
              [s.warnAt, s.percent(warn)],
              [s.stopAt, s.percent(stop)],
              [s.columns.measured, <Ago key="measured" at={pool.status?.measuredAt} />],
            ]}
          />
        </div>
      )}
    </Panel>
  );
}

const capabilities = [
  "shared",
  "snapshots",
  "linkedClones",
  "instantClones",
  "thin",
  "onlineResize",
  "discard",
  "images",
  "dirtyBitmaps",
  "sharedDisks",
] as const satisfies readonly (keyof PoolCapabilities)[];

/** What it can, and for all that it cannot the reason. */
function Capabilities({ pool, can }: { pool: StoragePool; can: PoolCapabilities }) {
  return (
    <Panel title={s.capabilitiesTitle}>
      <ul className="grid gap-x-8 gap-y-2.5 sm:grid-cols-2 xl:grid-cols-3">
        {capabilities.map((name) => {
          const [title, text] = s.capabilities[name] ?? [name, ""];
          const Icon = can[name] ? Check : Minus;
          return (
            <li key={name} className="flex gap-2">
              <Icon aria-hidden size={15} className={`mt-0.5 shrink-0 ${can[name] ? "text-ok" : "text-faint"}`} />
              <span className="min-w-0">
                <span className={`font-medium ${can[name] ? "" : "text-muted"}`}>{title}</span>
                <span className="sr-only">: {can[name] ? s.yes : s.no}</span>
                <span className="block text-muted first-letter:uppercase">
                  {can[name] ? text : whyUnable(pool, name)}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
