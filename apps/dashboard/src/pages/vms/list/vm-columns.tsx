import type { VirtualMachine } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import type { Loads } from "../../../charts/index.ts";
import { strings } from "../../../strings/index.ts";
import { Badge } from "../../../ui/badge.tsx";
import type { Column } from "../../../ui/data-table.tsx";
import { RowMenuButton } from "../../../ui/row-menu.tsx";
import { Ago } from "../../../ui/time.tsx";
import { bytes, memory, percent } from "../../../ui/units.ts";
import { VmStateDot } from "../vm-state-dot.tsx";
import { vmState } from "../vm-state.ts";

export const columnIds = [
  "name",
  "state",
  "host",
  "cpu",
  "memory",
  "load",
  "used",
  "disk",
  "address",
  "project",
  "folder",
  "labels",
  "created",
] as const;
export type ColumnId = (typeof columnIds)[number];

export const usualColumns: readonly ColumnId[] = [
  "name",
  "state",
  "host",
  "cpu",
  "memory",
  "load",
  "address",
  "created",
];

/** What the columns read of other objects. */
export interface ColumnContext {
  hosts: ReadonlyMap<string, string>;
  projects: ReadonlyMap<string, string>;
  folders: ReadonlyMap<string, string>;
  loads: Loads;
}

const c = strings.vms.columns;
const GIB = 1024 ** 3;

export function vmColumns(context: ColumnContext, chosen: readonly string[]): Column<VirtualMachine>[] {
  const all = allColumns(context);
  const shown = columnIds.filter((id) => id === "name" || chosen.includes(id)).map((id) => ({ id, ...all[id] }));
  return [...shown, actions];
}

function allColumns({
  hosts,
  projects,
  folders,
  loads,
}: ColumnContext): Record<ColumnId, Omit<Column<VirtualMachine>, "id">> {
  const hostOf = (vm: VirtualMachine) => hosts.get(vm.status?.nodeId ?? "") ?? "";
  const memoryOf = (vm: VirtualMachine) => Number(vm.spec?.memory?.sizeMib ?? 0n);
  const diskGib = (vm: VirtualMachine) => (vm.spec?.disks ?? []).reduce((sum, disk) => sum + Number(disk.sizeGib), 0);
  const labelsOf = (vm: VirtualMachine) => Object.entries(vm.labels).map(([key, value]) => `${key}=${value}`);
  return {
    name: {
      title: c.name,
      width: "minmax(12rem,2fr)",
      key: (vm) => vm.name,
      cell: (vm) => (
        <span className="flex items-center gap-2">
          <Link to={`/vms/${vm.id}` as never} tabIndex={-1} className="truncate font-medium hover:underline">
            {vm.name}
          </Link>
          {!vm.isManaged && <Badge>{strings.vms.unmanaged}</Badge>}
          {vm.isTemplate && <Badge tone="info">{strings.vms.template}</Badge>}
        </span>
      ),
    },
    state: { title: c.state, width: "9rem", key: (vm) => vmState(vm).label, cell: (vm) => <VmStateDot vm={vm} /> },
    host: { title: c.host, width: "minmax(7rem,1fr)", key: hostOf, cell: hostOf },
    cpu: {
      title: c.cpu,
      width: "5rem",
      align: "right",
      key: (vm) => vm.spec?.cpu?.cores ?? 0,
      cell: (vm) => vm.spec?.cpu?.cores,
    },
    memory: { title: c.memory, width: "6.5rem", align: "right", key: memoryOf, cell: (vm) => memory(memoryOf(vm)) },
    load: {
      title: c.load,
      width: "6.5rem",
      align: "right",
      key: (vm) => loads.of(vm.id)?.cpuPercent ?? -1,
      cell: (vm) => measured(loads.of(vm.id)?.cpuPercent, percent),
    },
    used: {
      title: c.used,
      width: "8rem",
      align: "right",
      key: (vm) => loads.of(vm.id)?.memoryUsedBytes ?? -1,
      cell: (vm) => measured(loads.of(vm.id)?.memoryUsedBytes, bytes),
    },
    disk: { title: c.disk, width: "6rem", align: "right", key: diskGib, cell: (vm) => bytes(diskGib(vm) * GIB) },
    address: {
      title: c.address,
      width: "minmax(8rem,1fr)",
      key: (vm) => vm.status?.ipAddresses[0] ?? "",
      cell: (vm) => vm.status?.ipAddresses[0] ?? "",
    },
    project: {
      title: c.project,
      width: "minmax(7rem,1fr)",
      key: (vm) => projects.get(vm.projectId) ?? "",
      cell: (vm) => projects.get(vm.projectId) ?? "",
    },
    folder: {
      title: c.folder,
      width: "minmax(7rem,1fr)",
      key: (vm) => folders.get(vm.folderId) ?? "",
      cell: (vm) => folders.get(vm.folderId) ?? "",
    },
    labels: {
      title: c.labels,
      width: "minmax(9rem,1.5fr)",
      key: (vm) => labelsOf(vm).join(" "),
      cell: (vm) => labelsOf(vm).join("  "),
    },
    created: { title: c.created, width: "7.5rem", key: (vm) => vm.id, cell: (vm) => <Ago at={vm.createdAt} /> },
  };
}

/** Nothing is said of what nothing measured. */
function measured(value: number | undefined, format: (value: number) => string) {
  return value === undefined ? <span className="text-faint">–</span> : format(value);
}

const actions: Column<VirtualMachine> = {
  id: "actions",
  title: "",
  width: "2.75rem",
  cell: (vm) => <RowMenuButton label={strings.vms.actions.of(vm.name)} />,
};
