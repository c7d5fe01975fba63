import { Metric_Name, MetricTargetSchema, type Metric_Name as Name, type MetricTarget } from "@limiquantix/api";
import { create } from "@bufbuild/protobuf";
import { Inventory, notFound, type Access } from "../access/index.ts";
import { findNode } from "../hosts/find-node.ts";
import type { Database } from "../store/database.ts";
import { nodes } from "../tables.ts";
import { findVm } from "../vms/find-vm.ts";
import { columns, type RecordedKind } from "./catalogue.ts";
import type { Grid } from "./grid.ts";
import type { MetricsHistory } from "./history.ts";
import type { Wanted } from "./prometheus/promql.ts";
import { coresOfNode } from "./recorder.ts";
import type { Recording } from "./recording.ts";
import { sumOf } from "./sums.ts";

/** What a question is about, as the caller may see it now. */
export interface Source {
  target: MetricTarget;
  names: readonly Name[];
  /** Whose series these are in Prometheus. */
  wanted: Wanted;
  /** One for each of `names`. */
  read(name: Name, grid: Grid): Float32Array;
  recordings(): Iterable<Recording>;
}

interface Parts {
  db: Database;
  history: MetricsHistory;
}

/** Throws NOT_FOUND for what the caller may not see, as for what there is not. */
export function sourceOf(parts: Parts, target: MetricTarget, access: Access): Source {
  const { db } = parts;
  const { kind, id } = target;
  switch (kind) {
    case "vm": {
      const vm = findVm(db, id, access);
      if (!access.sees("vm", "vm.view")(vm)) throw notFound(target);
      return recorded(parts, "vm", vm.id);
    }
    case "node": {
      const node = findNode(db, id, access);
      if (!access.sees("node", "node.view")(node)) throw notFound(target);
      return recorded(parts, "node", node.id);
    }
    case "pool": {
      const visible = access.sees("pool", "pool.view");
      const pool = new Inventory(db).find("pool", id, visible);
      if (!pool || !visible(pool)) throw notFound(target);
      return recorded(parts, "pool", pool.id);
    }
    case "cluster": {
      const visible = access.sees("cluster", "cluster.view");
      const cluster = new Inventory(db).find("cluster", id, visible);
      if (!cluster || !visible(cluster)) throw notFound(target);
      return summed(parts, create(MetricTargetSchema, { kind, id: cluster.id }), access);
    }
    default:
      return summed(parts, create(MetricTargetSchema, { kind: "root" }), access);
  }
}

/** Those of the asked metrics that a target has; all of them when none was asked for. */
export function namesFor(source: Source, asked: readonly Name[]): readonly Name[] {
  return asked.length === 0 ? source.names : asked.filter((name) => source.names.includes(name));
}

function recorded({ history }: Parts, kind: RecordedKind, id: string): Source {
  const names = columns[kind];
  return {
    target: create(MetricTargetSchema, { kind, id }),
    names,
    wanted: { kind, ids: [id], summed: false },
    read: (name, grid) =>
      history.find(kind, id)?.read(names.indexOf(name), grid) ?? new Float32Array(grid.count).fill(NaN),
    *recordings() {
      const found = history.find(kind, id);
      if (found) yield found;
    },
  };
}

function summed({ db, history }: Parts, target: MetricTarget, access: Access): Source {
  const visible = access.sees("node", "node.view");
  const inCluster = (clusterId: string) => target.kind === "root" || clusterId === target.id;
  const hosts = [...db.all(nodes)].filter((node) => inCluster(node.clusterId) && visible(node));
  const parts = hosts.map((node) => ({ id: node.id, cores: coresOfNode(node) }));
  return {
    target,
    names: columns.node.filter((name) => name !== Metric_Name.UNKNOWN),
    wanted: { kind: "node", ids: parts.map(({ id }) => id), summed: true },
    read: (name, grid) => sumOf(history, parts, name, grid),
    *recordings() {
      for (const { id } of parts) {
        const found = history.find("node", id);
        if (found) yield found;
      }
    },
  };
}
