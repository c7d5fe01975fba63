import type { Volume } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { useConnection } from "../../api/context.tsx";
import { useSearchValue } from "../../app/search.ts";
import { useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { RowMenu } from "../../ui/row-menu.tsx";
import { poolName } from "../images/image-facts.ts";
import { useVolumeCan } from "./use-volume-can.ts";
import { useVolumeCommands } from "./use-volume-commands.tsx";
import { namesOf, volumeColumns } from "./volume-columns.tsx";
import { volumeMenu } from "./volume-menu.tsx";

const s = strings.volumes;

/** Volumes with all that can be done to them. */
export function VolumeTable(props: { rows: readonly Volume[]; empty: ReactNode; withPool?: boolean }) {
  const { rows, empty, withPool = true } = props;
  const { inventory } = useConnection();
  const navigate = useNavigate();
  const [sort, setSort] = useSearchValue("sort", "name");
  const { command, dialogs } = useVolumeCommands();
  const [menuId, setMenuId] = useState("");
  const menuVolume = useRow(inventory.volume, menuId);
  const can = useVolumeCan(menuId || undefined);
  const columns = useColumns(withPool);
  const open = useCallback(({ id }: Volume) => void navigate({ to: `/volumes/${id}` } as never), [navigate]);
  return (
    <>
      <RowMenu
        label={menuVolume ? s.actions.of(menuVolume.name) : s.actions.more}
        groups={menuVolume ? volumeMenu(menuVolume, can, command) : []}
        onRow={setMenuId}
      >
        <DataTable
          label={s.title}
          rows={rows}
          columns={columns}
          sort={sort}
          onSort={setSort}
          onOpen={open}
          empty={empty}
        />
      </RowMenu>
      {dialogs}
    </>
  );
}

function useColumns(withPool: boolean) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const vms = useRows(inventory.vm);
  const hosts = new Map(nodes.map((node) => [node.id, node]));
  const names = namesOf(
    pools.map((pool) => [pool, poolName(pool, hosts)] as const),
    vms,
  );
  return useMemo(() => {
    const [poolNames, vmNames] = JSON.parse(names) as [[string, string][], [string, string][]];
    return volumeColumns({ pools: new Map(poolNames), vms: new Map(vmNames) }, withPool);
  }, [names, withPool]);
}
