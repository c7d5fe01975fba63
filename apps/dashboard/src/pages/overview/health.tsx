import type { Node, VirtualMachine } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { strings } from "../../strings/index.ts";
import { StateDot, type Tone } from "../../ui/badge.tsx";
import { Donut, type Slice } from "../../ui/donut.tsx";
import { nodeState } from "../nodes/node-state.ts";
import { vmState } from "../vms/vm-state.ts";

const s = strings.overview.health;

/** Links lead to the tables of everything: of a part of it they would lie, so there they are none. */
export function HostsByPhase({ nodes, linked = false }: { nodes: readonly Node[]; linked?: boolean }) {
  const parts = useMemo(
    () =>
      partsOf(nodes, (node) => {
        const { label, tone } = nodeState(node);
        return { label, tone, value: label };
      }),
    [nodes],
  );
  return <Health label={s.hosts} none={s.noHosts} parts={parts} path={linked ? "/nodes" : undefined} />;
}

export function VmsByState({ vms, linked = false }: { vms: readonly VirtualMachine[]; linked?: boolean }) {
  const parts = useMemo(
    () =>
      partsOf(vms, (vm) => {
        const { label, tone, name } = vmState(vm);
        return { label, tone, value: name };
      }),
    [vms],
  );
  return <Health label={s.vms} none={s.noVms} parts={parts} path={linked ? "/vms" : undefined} />;
}

interface Part extends Slice {
  /** What the table's filter calls it. */
  value: string;
}

const order: Tone[] = ["bad", "warn", "info", "idle", "ok"];

/** The worst first; among equals the most. */
function partsOf<Row>(rows: readonly Row[], stateOf: (row: Row) => Omit<Part, "count">): Part[] {
  const parts = new Map<string, Part>();
  for (const row of rows) {
    const state = stateOf(row);
    const part = parts.get(state.label) ?? { ...state, count: 0 };
    part.count++;
    parts.set(state.label, part);
  }
  return [...parts.values()].toSorted((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone) || b.count - a.count);
}

function Health(props: { label: string; none: string; parts: Part[]; path: string | undefined }) {
  const { label, none, parts, path } = props;
  return (
    <div className="flex items-center gap-5">
      <Donut label={label} slices={parts} />
      <ul className="flex min-w-0 grow flex-col gap-1">
        {parts.length === 0 && <li className="text-muted">{none}</li>}
        {parts.map(({ label, tone, count, value }) => (
          <li key={label} className="flex items-baseline gap-2">
            <span className="min-w-0 grow">
              {path ? (
                <Link to={path as never} search={{ state: value } as never} className="hover:underline">
                  <StateDot tone={tone} label={label} />
                </Link>
              ) : (
                <StateDot tone={tone} label={label} />
              )}
            </span>
            <span className="tabular-nums">{count}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
