import type { Image, VirtualMachine } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { Ago } from "../../ui/time.tsx";
import { bytes } from "../../ui/units.ts";
import { formatName, imageState, isIso, osName } from "./image-facts.ts";
import { OsMark } from "./os-mark.tsx";

const s = strings.images;

export interface ColumnParts {
  pools: ReadonlyMap<string, string>;
  users: ReadonlyMap<string, readonly VirtualMachine[]>;
}

export function imageColumns({ pools, users }: ColumnParts): Column<Image>[] {
  const c = s.columns;
  const size = ({ status, spec }: Image) => Number(status?.sizeBytes || spec?.source?.sizeBytes || 0n);
  const where = ({ status }: Image) =>
    (status?.copies ?? []).map(({ storagePoolId }) => pools.get(storagePoolId) ?? storagePoolId).join(", ");
  const used = ({ id }: Image) => users.get(id)?.length ?? 0;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(14rem,2fr)",
      key: ({ name }) => name,
      cell: (image) => (
        <span className="flex items-center gap-2">
          <OsMark os={image.spec?.os} iso={isIso(image)} />
          <Link to={`/images/${image.id}` as never} className="truncate font-medium hover:underline">
            {image.name}
          </Link>
        </span>
      ),
    },
    {
      id: "state",
      title: c.state,
      width: "10rem",
      key: (image) => imageState(image).label,
      cell: (image) => <StateDot {...imageState(image)} />,
    },
    {
      id: "os",
      title: c.os,
      width: "minmax(8rem,1fr)",
      key: ({ spec }) => osName(spec?.os),
      cell: ({ spec }) => osName(spec?.os),
    },
    { id: "format", title: c.format, width: "5.5rem", key: formatName, cell: formatName },
    {
      id: "size",
      title: c.size,
      width: "6.5rem",
      align: "right",
      key: size,
      cell: (image) => (size(image) > 0 ? bytes(size(image)) : ""),
    },
    { id: "where", title: c.where, width: "minmax(8rem,1fr)", key: where, cell: where },
    {
      id: "used",
      title: c.used,
      width: "6rem",
      align: "right",
      key: used,
      cell: (image) => (used(image) > 0 ? s.vms(used(image)) : <span className="text-faint">{s.unused}</span>),
    },
    {
      id: "created",
      title: c.created,
      width: "7rem",
      key: ({ id }) => id,
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
  ];
}
