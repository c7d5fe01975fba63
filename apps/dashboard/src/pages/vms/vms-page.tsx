import { fromConnectError, VMService, type VirtualMachine } from "@limiquantix/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { Monitor, Play, Plus, Power, RotateCcw } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Input, Select } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { memory, percent } from "../../ui/units.ts";
import { vmState } from "./vm-state.ts";

const s = strings.vms;

export function VmsPage() {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const all = useRows(inventory.vm);
  const nodes = useRows(inventory.node);
  const [text, setText] = useSearchValue("q");
  const [state, setState] = useSearchValue("state");
  const [host, setHost] = useSearchValue("host");
  const [project] = useSearchValue("project");
  const [folder] = useSearchValue("folder");
  const [sort, setSort] = useSearchValue("sort", "name");
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const search = useDeferredValue(text);
  const [create] = useCan([{ privilege: "vm.create" }]);

  const hostNames = useMemo(() => new Map(nodes.map(({ id, hostname }) => [id, hostname])), [nodes]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter(
      (vm) =>
        (!state || vmState(vm).name === state) &&
        (!host || vm.status?.nodeId === host) &&
        (!project || vm.projectId === project) &&
        (!folder || vm.folderId === folder) &&
        (words.length === 0 || matches(vm, words)),
    );
  }, [all, search, state, host, project, folder]);
  const columns = useMemo(() => columnsOf(hostNames), [hostNames]);
  const states = useMemo(() => [...new Set(all.map((vm) => vmState(vm).name))].toSorted(), [all]);
  const open = useCallback((vm: VirtualMachine) => void navigate({ to: `/vms/${vm.id}` } as never), [navigate]);
  const clear = () => void navigate({ to: ".", search: {} } as never);

  return (
    <Page
      title={s.title}
      subtitle={s.count(shown.length, all.length)}
      actions={
        <Button
          look="primary"
          icon={<Plus size={15} />}
          blocked={create?.allowed ? undefined : create?.why || undefined}
          onClick={() => void navigate({ to: "/vms/new" } as never)}
        >
          {s.create}
        </Button>
      }
    >
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <Input
          type="search"
          aria-label={s.filter}
          placeholder={s.filter}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="max-w-72"
        />
        <Select
          aria-label={s.columns.state}
          value={state}
          onChange={(event) => setState(event.target.value)}
          className="max-w-40"
        >
          <option value="">{s.allStates}</option>
          {states.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
        <Select
          aria-label={s.columns.host}
          value={host}
          onChange={(event) => setHost(event.target.value)}
          className="max-w-48"
        >
          <option value="">{s.allHosts}</option>
          {nodes.map(({ id, hostname }) => (
            <option key={id} value={id}>
              {hostname}
            </option>
          ))}
        </Select>
        {selection.size > 0 && <BulkActions ids={selection} />}
      </div>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <DataTable
          label={s.title}
          rows={shown}
          columns={columns}
          sort={sort}
          onSort={setSort}
          onOpen={open}
          selection={selection}
          onSelect={setSelection}
          empty={
            all.length === 0 ? (
              <Empty icon={<Monitor size={32} />} title={s.none}>
                {s.noneText}
              </Empty>
            ) : (
              <Empty title={s.noMatch} action={<Button onClick={clear}>{s.clearFilter}</Button>} />
            )
          }
        />
      )}
    </Page>
  );
}

function BulkActions({ ids }: { ids: ReadonlySet<string> }) {
  const client = useClient(VMService);
  const each = async (work: (id: string) => Promise<unknown>) => {
    const results = await Promise.allSettled([...ids].map(work));
    const failed = results.flatMap((result) => (result.status === "rejected" ? [fromConnectError(result.reason)] : []));
    if (failed[0]) toast.error(`${failed.length} × ${failed[0].message}`, { description: failed[0].tryThis });
  };
  return (
    <div className="flex items-center gap-2">
      <span className="text-muted">{s.selected(ids.size)}</span>
      <Button
        icon={<Play size={14} />}
        onClick={() => void each((id) => client.startVM({ id, idempotencyKey: newKey() }))}
      >
        {s.actions.start}
      </Button>
      <Button
        icon={<Power size={14} />}
        onClick={() => void each((id) => client.stopVM({ id, idempotencyKey: newKey() }))}
      >
        {s.actions.stop}
      </Button>
      <Button
        icon={<RotateCcw size={14} />}
        onClick={() => void each((id) => client.rebootVM({ id, idempotencyKey: newKey() }))}
      >
        {s.actions.reboot}
      </Button>
    </div>
  );
}

function columnsOf(hosts: ReadonlyMap<string, string>): Column<VirtualMachine>[] {
  const c = s.columns;
  const hostOf = (vm: VirtualMachine) => hosts.get(vm.status?.nodeId ?? "") ?? "";
  const load = (vm: VirtualMachine) => vm.status?.resourceUsage?.cpuPercent ?? 0;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(12rem,2fr)",
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
    { id: "host", title: c.host, width: "minmax(7rem,1fr)", key: hostOf, cell: hostOf },
    {
      id: "cpu",
      title: c.cpu,
      width: "5rem",
      align: "right",
      key: (vm) => vm.spec?.cpu?.cores ?? 0,
      cell: (vm) => vm.spec?.cpu?.cores,
    },
    {
      id: "memory",
      title: c.memory,
      width: "6.5rem",
      align: "right",
      key: (vm) => Number(vm.spec?.memory?.sizeMib ?? 0),
      cell: (vm) => memory(Number(vm.spec?.memory?.sizeMib ?? 0)),
    },
    { id: "load", title: c.load, width: "6rem", align: "right", key: load, cell: (vm) => percent(load(vm)) },
    {
      id: "address",
      title: c.address,
      width: "minmax(8rem,1fr)",
      key: (vm) => vm.status?.ipAddresses[0] ?? "",
      cell: (vm) => vm.status?.ipAddresses[0] ?? "",
    },
    { id: "created", title: c.created, width: "7rem", key: (vm) => vm.id, cell: (vm) => <Ago at={vm.createdAt} /> },
  ];
}

function matches(vm: VirtualMachine, words: string[]): boolean {
  const labels = Object.entries(vm.labels).map(([key, value]) => `${key}=${value}`);
  const text = [vm.name, vm.id, ...(vm.status?.ipAddresses ?? []), ...labels].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}
