import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  Node_Phase,
  StoragePoolStatus_Phase,
  Certificate_Kind,
  Task_State,
  type Certificate,
  type Node,
  type StoragePool,
  type Task,
  type VirtualMachine,
} from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { taskTitle } from "../../ui/task-line.tsx";
import { bytes, percent } from "../../ui/units.ts";
import { conditionOf, nodeState, phaseOf } from "../nodes/node-state.ts";
import { poolFill } from "../pools/pool-state.ts";
import { vmState } from "../vms/vm-state.ts";

const s = strings.overview.attention;

export interface Attention {
  key: string;
  tone: "bad" | "warn";
  title: string;
  detail: string;
  to: string;
}

export interface Inventory {
  nodes: readonly Node[];
  vms: readonly VirtualMachine[];
  pools: readonly StoragePool[];
  tasks: readonly Task[];
  /** The control plane's own that were not renewed in time. */
  certificates: readonly Certificate[];
}

const [nearlyFull, dayMs, mostOfAKind] = [0.85, 86_400_000, 3];

/** What somebody should look at, the worst first; many of a kind are one line. Pure. */
export function attentionOf({ nodes, vms, pools, tasks, certificates }: Inventory, nowMs: number): Attention[] {
  const hosts = new Map(nodes.map(({ id, hostname }) => [id, hostname]));
  const notReady = nodes
    .filter((node) => phaseOf(node) === Node_Phase.NOT_READY)
    .map((node) => {
      const detail = [nodeState(node).label, node.status?.errorMessage].filter(Boolean).join(": ");
      return item("bad", `node ${node.id}`, node.hostname, detail, `/nodes/${node.id}`);
    });
  const expiring = nodes.flatMap((node) => {
    const condition = conditionOf(node, "CertificateExpiring");
    if (!condition?.status) return [];
    const to = `/nodes/${node.id}?tab=certificates`;
    return [item("warn", `certificate ${node.id}`, node.hostname, condition.message || s.certificate, to)];
  });
  const own = certificates.map(({ id, kind, renewalError }) =>
    item("warn", `own ${id}`, s.kinds[Certificate_Kind[kind]] ?? "", renewalError || s.certificate, "/settings"),
  );
  const inTrouble = Map.groupBy(
    vms.filter((vm) => vmState(vm).tone === "bad"),
    (vm) => vmState(vm).name,
  );
  const bad = [...inTrouble].flatMap(([name, group]) =>
    fewOrOne(
      group.map((vm) => {
        const why = vm.status?.errorMessage || vm.status?.lostReason || "";
        const label = vmState(vm).label;
        return item("bad", `vm ${vm.id}`, vm.name, why ? `${label}: ${why}` : label, `/vms/${vm.id}`);
      }),
      (count) => s.vms(count, group[0] ? vmState(group[0]).label : name),
      `/vms?state=${name}`,
    ),
  );
  const poolName = (pool: StoragePool) =>
    s.pool(pool.name, (pool.spec?.assignedNodeIds ?? []).map((id) => hosts.get(id)).join(", "));
  const broken = pools
    .filter(({ status }) => status?.phase === StoragePoolStatus_Phase.ERROR)
    .map((pool) => item("bad", `pool ${pool.id}`, poolName(pool), pool.status?.errorMessage, `/pools/${pool.id}`));
  const full = pools
    .filter((pool) => poolFill(pool) >= nearlyFull)
    .map((pool) => {
      const free = bytes(pool.status?.capacity?.availableBytes ?? 0n);
      const detail = s.full(percent(100 * poolFill(pool)), free);
      return item(
        poolFill(pool) >= 0.95 ? "bad" : "warn",
        `full ${pool.id}`,
        poolName(pool),
        detail,
        `/pools/${pool.id}`,
      );
    });
  const failed = tasks
    .filter(
      ({ state, finishedAt }) =>
        state === Task_State.FAILED && finishedAt !== undefined && nowMs - timestampMs(finishedAt) < dayMs,
    )
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    .map((task) => {
      const title = s.failed(taskTitle(task), task.target?.name ?? "");
      return item("warn", `task ${task.id}`, title, task.error?.message, "/tasks?state=failed");
    });
  return [
    ...fewOrOne(notReady, s.nodes, `/nodes?state=${strings.nodes.phases.notReady}`),
    ...bad,
    ...fewOrOne(broken, s.poolsBad, "/pools"),
    ...fewOrOne(full, s.pools, "/pools?sort=-used"),
    ...fewOrOne(expiring, s.certificates, "/nodes"),
    ...own,
    ...fewOrOne(failed, s.tasks, "/tasks?state=failed"),
  ].toSorted((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
}

function item(tone: Attention["tone"], key: string, title: string, detail = "", to = ""): Attention {
  return { tone, key, title, detail, to };
}

function fewOrOne(items: Attention[], title: (count: number) => string, to: string): Attention[] {
  const [first] = items;
  if (items.length <= mostOfAKind || !first) return items;
  const detail = `${items
    .slice(0, mostOfAKind)
    .map(({ title }) => title)
    .join(", ")}, …`;
  return [item(first.tone, `many ${first.key}`, title(items.length), detail, to)];
}
