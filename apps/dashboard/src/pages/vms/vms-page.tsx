import { useNavigate } from "@tanstack/react-router";
import { Monitor, Plus } from "lucide-react";
import type { VirtualMachine } from "@limiquantix/api";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { useConnection } from "../../api/context.tsx";
import { useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useVmLoads } from "../../charts/index.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { FilterSelect, FilterText, Filters } from "../../ui/filters.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { Page } from "../../ui/page.tsx";
import { RowMenu } from "../../ui/row-menu.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { pathOf } from "./folder-paths.ts";
import { BulkActions } from "./list/bulk-actions.tsx";
import { ColumnChoice, useColumnChoice } from "./list/column-choice.tsx";
import { FilterChips, type Chip } from "./list/filter-chips.tsx";
import { SavedFiltersMenu } from "./list/saved-filters-menu.tsx";
import { useSelection } from "../../app/use-selection.ts";
import { vmColumns } from "./list/vm-columns.tsx";
import { labelsInUse, vmFilter } from "./list/vm-filter.ts";
import { useVmCan } from "./use-vm-can.ts";
import { useVmCommands } from "./use-vm-commands.tsx";
import { vmMenu } from "./vm-menu.tsx";
import { stateName } from "./vm-state.ts";

const s = strings.vms;

export function VmsPage() {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const all = useRows(inventory.vm);
  const filter = useFilter();
  const [sort, setSort] = useSearchValue("sort", "name");
  const shown = useMemo(() => all.filter(vmFilter(filter.applied)), [all, filter.applied]);
  const [chosen, setChosen] = useColumnChoice();
  const columns = useColumns(chosen.join(","));
  const selection = useSelection(shown);
  const [create] = useCan([{ privilege: "vm.create" }]);
  const { commands, dialogs } = useVmCommands();
  const [menuId, setMenuId] = useState("");
  const menuVm = useRow(inventory.vm, menuId);
  const can = useVmCan(menuId || undefined);
  const open = useCallback((vm: VirtualMachine) => void navigate({ to: `/vms/${vm.id}` } as never), [navigate]);
  const clear = () => void navigate({ to: ".", search: {} } as never);
  const makeNew = () => void navigate({ to: "/vms/new" } as never);
  const mayNot = create?.allowed ? undefined : create?.why || undefined;

  return (
    <Page
      title={s.title}
      subtitle={s.count(shown.length, all.length)}
      actions={
        <Button look="primary" icon={<Plus size={15} />} blocked={mayNot} onClick={makeNew}>
          {s.create}
        </Button>
      }
    >
      <Filters>
        <FilterBar filter={filter} />
        <div className="grow" />
        {selection.rows.length > 0 ? (
          <BulkActions vms={selection.rows} onClear={() => selection.select(new Set())} />
        ) : (
          <>
            <SavedFiltersMenu />
            <ColumnChoice chosen={chosen} onChange={setChosen} />
          </>
        )}
      </Filters>
      {link === "connecting" && all.length === 0 ? (
        <SkeletonRows rows={14} />
      ) : (
        <RowMenu
          label={menuVm ? s.actions.of(menuVm.name) : s.actions.title}
          groups={menuVm ? vmMenu(menuVm, can, commands) : []}
          onRow={setMenuId}
        >
          <DataTable
            label={s.title}
            rows={shown}
            columns={columns}
            sort={sort}
            onSort={setSort}
            onOpen={open}
            selection={selection.ids}
            onSelect={selection.select}
            empty={
              all.length === 0 ? (
                <EmptyList
                  view="vm.view"
                  icon={<Monitor size={32} />}
                  title={s.none}
                  text={s.noneText}
                  action={
                    <Button icon={<Plus size={15} />} blocked={mayNot} onClick={makeNew}>
                      {s.create}
                    </Button>
                  }
                />
              ) : (
                <Empty title={s.noMatch} action={<Button onClick={clear}>{s.clearFilter}</Button>} />
              )
            }
          />
        </RowMenu>
      )}
      {dialogs}
    </Page>
  );
}

type Filter = ReturnType<typeof useFilter>;

function useFilter() {
  const [text, setText] = useSearchValue("q");
  const [state, setState] = useSearchValue("state");
  const [host, setHost] = useSearchValue("host");
  const [label, setLabel] = useSearchValue("label");
  const [project, setProject] = useSearchValue("project");
  const [folder, setFolder] = useSearchValue("folder");
  const [kind, setKind] = useSearchValue("kind");
  const deferred = useDeferredValue(text);
  const applied = useMemo(
    () => ({ text: deferred, state, host, label, project, folder, kind }),
    [deferred, state, host, label, project, folder, kind],
  );
  return { text, applied, setText, setState, setHost, setLabel, setProject, setFolder, setKind };
}

function FilterBar({ filter }: { filter: Filter }) {
  const { inventory } = useConnection();
  const all = useDeferredValue(useRows(inventory.vm));
  const nodes = useRows(inventory.node);
  const projects = useRows(inventory.project);
  const folders = useRows(inventory.folder);
  const { applied } = filter;
  const states = useMemo(() => [...new Set(all.map(stateName))].map((name) => [name, s.states[name]] as const), [all]);
  const labels = useMemo(() => labelsInUse(all).map((label) => [label, label] as const), [all]);
  const chips: Chip[] = [];
  if (applied.project) {
    const name = projects.find(({ id }) => id === applied.project)?.name ?? applied.project;
    chips.push({ label: `${s.filters.project}: ${name}`, onRemove: () => filter.setProject("") });
  }
  if (applied.folder) {
    const path = pathOf(new Map(folders.map((folder) => [folder.id, folder])), applied.folder) || applied.folder;
    chips.push({ label: `${s.filters.folder}: ${path}`, onRemove: () => filter.setFolder("") });
  }
  return (
    <>
      <FilterText label={s.filter} value={filter.text} onChange={filter.setText} className="sm:max-w-72" />
      <FilterSelect
        label={s.columns.state}
        all={s.allStates}
        value={applied.state}
        onChange={filter.setState}
        options={states.toSorted(([, a], [, b]) => a.localeCompare(b))}
      />
      <FilterSelect
        label={s.columns.host}
        all={s.allHosts}
        value={applied.host}
        onChange={filter.setHost}
        options={nodes.map(({ id, hostname }) => [id, hostname] as const)}
      />
      <FilterSelect
        label={s.kinds.label}
        all={s.kinds.all}
        value={applied.kind}
        onChange={filter.setKind}
        options={[
          ["vm", s.kinds.vm],
          ["template", s.kinds.template],
        ]}
      />
      {(labels.length > 0 || applied.label) && (
        <FilterSelect
          label={s.filters.label}
          all={s.filters.anyLabel}
          value={applied.label}
          onChange={filter.setLabel}
          options={labels}
        />
      )}
      <FilterChips chips={chips} />
    </>
  );
}

function useColumns(chosen: string) {
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const projects = useRows(inventory.project);
  const folders = useRows(inventory.folder);
  const loads = useVmLoads();
  // Hosts change at every heartbeat; their names do not, and a column that is another draws every row anew.
  const names = JSON.stringify(nodes.map(({ id, hostname }) => [id, hostname]));
  return useMemo(() => {
    const byId = new Map(folders.map((folder) => [folder.id, folder]));
    const context = {
      hosts: new Map(JSON.parse(names) as [string, string][]),
      projects: new Map(projects.map(({ id, name }) => [id, name])),
      folders: new Map(folders.map(({ id }) => [id, pathOf(byId, id)])),
      loads,
    };
    return vmColumns(context, chosen.split(","));
  }, [names, projects, folders, loads, chosen]);
}
