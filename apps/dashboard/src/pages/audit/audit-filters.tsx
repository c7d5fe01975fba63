import { timestampFromDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { AuditRecord_Outcome } from "@limiquantix/api";
import { useConnection } from "../../api/context.tsx";
import { useSearchValue } from "../../app/search.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";
import { Input } from "../../ui/field.tsx";
import { Filters, FilterSelect, FilterText } from "../../ui/filters.tsx";

const s = strings.audit;

export const auditOutcomes: Record<AuditRecord_Outcome, { name: string; label: string; tone: Tone }> = {
  [AuditRecord_Outcome.UNKNOWN]: { name: "unknown", label: s.outcomes.unknown, tone: "idle" },
  [AuditRecord_Outcome.SUCCEEDED]: { name: "done", label: s.outcomes.succeeded, tone: "ok" },
  [AuditRecord_Outcome.DENIED]: { name: "denied", label: s.outcomes.denied, tone: "warn" },
  [AuditRecord_Outcome.FAILED]: { name: "failed", label: s.outcomes.failed, tone: "bad" },
};

const names = ["q", "outcome", "method", "actor", "object", "project", "address", "since", "until"] as const;
type Name = (typeof names)[number];
export type AuditFilter = Record<Name, string> & { set: Record<Name, (value: string) => void> };

/** All filters, as the address has them. Times are written as ISO 8601. */
export function useAuditFilter(): AuditFilter {
  // The same names in the same order at each rendering.
  const values = names.map((name) => [name, ...useSearchValue(name)] as const);
  return {
    ...(Object.fromEntries(values.map(([name, value]) => [name, value])) as Record<Name, string>),
    set: Object.fromEntries(values.map(([name, , set]) => [name, set])) as AuditFilter["set"],
  };
}

/** As ListAudit wants it. */
export function auditQuery(filter: Record<Name, string>) {
  const outcome = Object.entries(auditOutcomes).find(([, { name }]) => name === filter.outcome)?.[0];
  const [since, until] = [timeOf(filter.since), timeOf(filter.until)];
  return {
    search: filter.q,
    outcome: Number(outcome ?? 0) as AuditRecord_Outcome,
    method: filter.method,
    actorId: filter.actor,
    objectId: filter.object,
    projectId: filter.project,
    address: filter.address,
    ...(since && { since }),
    ...(until && { until }),
  };
}

export function timeOf(text: string): Timestamp | undefined {
  const date = new Date(text);
  return text && !Number.isNaN(date.getTime()) ? timestampFromDate(date) : undefined;
}

export function AuditFilters({ filter }: { filter: AuditFilter }) {
  const { inventory } = useConnection();
  const projects = useRows(inventory.project);
  const { set } = filter;
  const further = [filter.actor, filter.object, filter.project, filter.address, filter.since, filter.until].some(
    Boolean,
  );
  return (
    <>
      <Filters>
        <FilterText label={s.filter} value={filter.q} onChange={set.q} />
        <FilterSelect
          label={s.columns.outcome}
          all={s.allOutcomes}
          value={filter.outcome}
          onChange={set.outcome}
          options={Object.values(auditOutcomes)
            .slice(1)
            .map(({ name, label }) => [name, label])}
        />
        <FilterText label={s.method} value={filter.method} onChange={set.method} className="sm:max-w-56" />
        <details open={further} className="group">
          <summary className="flex h-8 cursor-pointer items-center rounded-md px-2 text-muted hover:bg-hover hover:text-text">
            {s.more}
          </summary>
          <div className="flex flex-wrap items-center gap-2 py-2">
            <FilterText label={s.actor} value={filter.actor} onChange={set.actor} className="sm:max-w-48" />
            <FilterText label={s.object} value={filter.object} onChange={set.object} className="sm:max-w-48" />
            <FilterSelect
              label={s.project}
              all={s.allProjects}
              value={filter.project}
              onChange={set.project}
              options={projects.map(({ id, name }) => [id, name])}
            />
            <FilterText label={s.address} value={filter.address} onChange={set.address} className="sm:max-w-40" />
            <TimeFilter label={s.since} value={filter.since} onChange={set.since} />
            <TimeFilter label={s.until} value={filter.until} onChange={set.until} />
          </div>
        </details>
      </Filters>
    </>
  );
}

/** In the reader's own zone. */
function TimeFilter({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const date = new Date(value);
  const known = value && !Number.isNaN(date.getTime());
  const local = known ? new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : "";
  return (
    <label className="flex items-center gap-1.5 text-muted">
      {label}
      <Input
        type="datetime-local"
        value={local}
        onChange={({ target }) => onChange(target.value ? new Date(target.value).toISOString() : "")}
        className="max-w-52"
      />
    </label>
  );
}
