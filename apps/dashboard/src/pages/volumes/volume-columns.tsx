import type { StoragePool, VirtualMachine, Volume } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { RowMenuButton } from "../../ui/row-menu.tsx";
import { Ago } from "../../ui/time.tsx";
import { bytes } from "../../ui/units.ts";
import { kindOf, vmsOf, volumeState } from "./volume-state.ts";

const s = strings.volumes;
const c = s.columns;

/** What the columns read of other objects: names by id. */
export interface VolumeNames {
  pools: ReadonlyMap<string, string>;
  vms: ReadonlyMap<string, string>;
}

export function volumeColumns({ pools, vms }: VolumeNames, withPool = true): Column<Volume>[] {
  const poolOf = ({ spec }: Volume) => pools.get(spec?.storagePoolId ?? "") ?? "";
  const namesOfVms = (volume: Volume) => vmsOf(volume).flatMap((id) => vms.get(id) ?? []);
  const vmOf = (volume: Volume) => namesOfVms(volume).join(", ");
  const size = ({ spec }: Volume) => spec?.sizeBytes ?? 0n;
  const used = ({ status }: Volume) => status?.usedBytes ?? 0n;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(12rem,2fr)",
      key: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to={`/volumes/${id}` as never} tabIndex={-1} className="font-medium hover:underline">
          {name}
        </Link>
      ),
    },
    {
      id: "state",
      title: c.state,
      width: "10.5rem",
      key: (volume) => volumeState(volume).label,
      cell: (volume) => (
        <span title={volume.status?.errorMessage}>
          <StateDot {...volumeState(volume)} />
        </span>
      ),
    },
    ...(withPool
      ? [
          {
            id: "pool",
            title: c.pool,
            width: "minmax(9rem,1.2fr)",
            key: poolOf,
            cell: (volume) => (
              <Link
                to={`/pools/${volume.spec?.storagePoolId ?? ""}` as never}
                tabIndex={-1}
                className="hover:underline"
              >
                {poolOf(volume)}
              </Link>
            ),
          } satisfies Column<Volume>,
        ]
      : []),
    {
      id: "vm",
      title: c.vm,
      width: "minmax(10rem,1.5fr)",
      key: vmOf,
      cell: (volume) =>
        namesOfVms(volume).length > 1 ? (
          <span title={vmOf(volume)}>{vmOf(volume)}</span>
        ) : vmOf(volume) ? (
          <Link to={`/vms/${volume.status?.attachedVmId ?? ""}` as never} tabIndex={-1} className="hover:underline">
            {vmOf(volume)}
          </Link>
        ) : (
          <span className="text-faint">–</span>
        ),
    },
    { id: "size", title: c.size, width: "6.5rem", align: "right", key: size, cell: (volume) => bytes(size(volume)) },
    {
      id: "used",
      title: c.used,
      width: "6.5rem",
      align: "right",
      key: used,
      cell: (volume) => (used(volume) > 0n ? bytes(used(volume)) : <span className="text-faint">–</span>),
    },
    { id: "provisioning", title: c.provisioning, width: "7rem", key: kindOf, cell: kindOf },
    {
      id: "created",
      title: c.created,
      width: "7.5rem",
      key: ({ id }) => id,
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
    {
      id: "actions",
      title: "",
      width: "2.75rem",
      cell: ({ name }) => <RowMenuButton label={s.actions.of(name)} />,
    },
  ];
}

/** Names that change seldom, of rows that change often: a column that is another draws every row anew. */
export function namesOf(pools: readonly (readonly [StoragePool, string])[], vms: readonly VirtualMachine[]): string {
  return JSON.stringify([pools.map(([{ id }, name]) => [id, name]), vms.map(({ id, name }) => [id, name])]);
}
