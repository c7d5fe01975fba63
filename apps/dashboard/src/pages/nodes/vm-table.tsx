import type { VirtualMachine } from "@limiquantix/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, type ReactNode } from "react";
import { useConnection } from "../../api/context.tsx";
import { useSearchValue } from "../../app/search.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { memory } from "../../ui/units.ts";
import { vmState } from "../vms/vm-state.ts";

export interface VmTableProps {
  label: string;
  rows: readonly VirtualMachine[];
  empty: ReactNode;
  /** Not on the page of one host. */
  withHost?: boolean;
  /** What the page knows of a VM that others do not: its disks in this pool, its addresses in this network. */
  more?: readonly Column<VirtualMachine>[];
}

/** The VMs of something else's page, with what matters there. The page of VMs has filters and actions. */
export function VmTable({ label, rows, empty, withHost = true, more }: VmTableProps) {
  const navigate = useNavigate();
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const [sort, setSort] = useSearchValue("sort", "name");
  const columns = useMemo(() => {
    const hosts = new Map(nodes.map(({ id, hostname }) => [id, hostname]));
    return columnsOf(withHost ? hosts : undefined, more);
  }, [nodes, withHost, more]);
  const open = useCallback((vm: VirtualMachine) => void navigate({ to: `/vms/${vm.id}` } as never), [navigate]);
  return (
    <div className="flex h-full min-h-64 flex-col">
      <DataTable label={label} rows={rows} columns={columns} sort={sort} onSort={setSort} onOpen={open} empty={empty} />
    </div>
  );
}

function columnsOf(
  hosts: ReadonlyMap<string, string> | undefined,
  more: readonly Column<VirtualMachine>[] = [],
): Column<VirtualMachine>[] {
  const c = strings.vms.columns;
  const hostOf = (vm: VirtualMachine) => hosts?.get(vm.status?.nodeId ?? "") ?? "";
  const mib = (vm: VirtualMachine) => Number(vm.spec?.memory?.sizeMib ?? 0n);
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(11rem,2fr)",
      key: (vm) => vm.name,
      cell: (vm) => (
        <Link to={`/vms/${vm.id}` as never} className="font-medium hover:underline">
          {vm.name}
        </Link>
      ),
    },
    {
      id: "state",
      title: c.state,
      width: "9rem",
      key: (vm) => vmState(vm).label,
      cell: (vm) => <StateDot {...vmState(vm)} />,
    },
    ...(hosts
      ? [
          {
            id: "host",
            title: c.host,
            width: "minmax(8rem,1fr)",
            key: hostOf,
            cell: hostOf,
          } satisfies Column<VirtualMachine>,
        ]
      : []),
    {
      id: "cpu",
      title: c.cpu,
      width: "5rem",
      align: "right",
      key: (vm) => vm.spec?.cpu?.cores ?? 0,
      cell: (vm) => vm.spec?.cpu?.cores,
    },
    { id: "memory", title: c.memory, width: "7rem", align: "right", key: mib, cell: (vm) => memory(mib(vm)) },
    ...more,
    {
      id: "address",
      title: c.address,
      width: "minmax(9rem,1fr)",
      key: (vm) => vm.status?.ipAddresses[0] ?? "",
      cell: (vm) => vm.status?.ipAddresses[0] ?? "",
    },
  ];
}
