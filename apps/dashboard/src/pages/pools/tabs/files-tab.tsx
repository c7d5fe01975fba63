import { PoolFile_Type, StoragePoolService, type PoolFile, type StoragePool } from "@limiquantix/api";
import { Files, RefreshCw } from "lucide-react";
import { useMemo } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { useQuery } from "../../../api/use-query.ts";
import { useSearchValue } from "../../../app/search.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { DataTable, type Column } from "../../../ui/data-table.tsx";
import { Checkbox } from "../../../ui/field.tsx";
import { Filters, FilterText } from "../../../ui/filters.tsx";
import { ObjectLink } from "../../../ui/object-link.tsx";
import { QueryProblem } from "../../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../../ui/states.tsx";
import { Ago } from "../../../ui/time.tsx";
import { bytes } from "../../../ui/units.ts";

const s = strings.pools.files;

interface FileRow extends PoolFile {
  id: string;
}

/** What lies in the pool, and what of it belongs to nothing. */
export function PoolFiles({ pool }: { pool: StoragePool }) {
  const client = useClient(StoragePoolService);
  const [orphans, setOrphans] = useSearchValue("orphans");
  const [text, setText] = useSearchValue("path");
  const [sort, setSort] = useSearchValue("sort", "path");
  const onlyOrphans = orphans === "yes";
  const { data, problem, loading, reload } = useQuery(`files ${pool.id} ${orphans}`, (signal) =>
    client.listPoolFiles({ poolId: pool.id, orphans: onlyOrphans }, { signal }),
  );
  const columns = useColumns();
  const rows = useMemo(
    () =>
      (data?.files ?? [])
        .filter(({ path }) => path.toLowerCase().includes(text.toLowerCase()))
        .map((file): FileRow => ({ ...file, id: file.path })),
    [data, text],
  );
  return (
    <div className="flex h-full min-h-64 flex-col">
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <Checkbox
          label={s.orphans}
          checked={onlyOrphans}
          onChange={(event) => setOrphans(event.target.checked ? "yes" : "")}
        />
        <span className="grow text-muted sm:text-right">{data?.truncated ? s.truncated : s.text}</span>
        <Button icon={<RefreshCw size={14} />} busy={loading} onClick={reload}>
          {s.reload}
        </Button>
      </Filters>
      {problem ? (
        <QueryProblem problem={problem} retry={reload} />
      ) : !data ? (
        <SkeletonRows />
      ) : (
        <DataTable
          label={s.label}
          rows={rows}
          columns={columns}
          sort={sort}
          onSort={setSort}
          empty={<Empty icon={<Files size={32} />} title={onlyOrphans ? s.noOrphans : s.none} />}
        />
      )}
    </div>
  );
}

function useColumns(): Column<FileRow>[] {
  const { inventory } = useConnection();
  return useMemo(() => {
    const typeOf = ({ type }: FileRow) => s.types[PoolFile_Type[type] ?? ""] ?? "";
    return [
      {
        id: "path",
        title: s.path,
        width: "minmax(16rem,3fr)",
        key: ({ path }) => path,
        cell: ({ path }) => <code className="font-mono text-[12px]">{path}</code>,
      },
      { id: "type", title: s.type, width: "9rem", key: typeOf, cell: typeOf },
      {
        id: "owner",
        title: s.owner,
        width: "minmax(10rem,1.5fr)",
        cell: ({ ownerId, type }) => {
          const kind = type === PoolFile_Type.IMAGE ? "image" : type === PoolFile_Type.SEED ? "vm" : "volume";
          const name = inventory[kind].get(ownerId)?.name;
          if (name) return <ObjectLink object={{ kind, id: ownerId, name }} />;
          return <span className="text-faint">{ownerId || s.nothing}</span>;
        },
      },
      {
        id: "size",
        title: s.size,
        width: "7rem",
        align: "right",
        key: ({ sizeBytes }) => sizeBytes,
        cell: ({ sizeBytes }) => bytes(sizeBytes),
      },
      {
        id: "changed",
        title: s.changed,
        width: "8rem",
        key: ({ modifiedAt }) => modifiedAt?.seconds ?? 0n,
        cell: ({ modifiedAt }) => (modifiedAt ? <Ago at={modifiedAt} /> : "–"),
      },
    ];
  }, [inventory]);
}
