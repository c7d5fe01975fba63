import type { DiskDevice, Image, StoragePool, Volume } from "@limiquantix/api";
import { ArrowRightLeft, HardDrive, Maximize2, Plus, Unlink2, type LucideIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { useConnection } from "../../../api/context.tsx";
import { useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { ListTable, type ListColumn } from "../../../ui/list-table.tsx";
import { ObjectLink } from "../../../ui/object-link.tsx";
import { Panel } from "../../../ui/page.tsx";
import { Empty } from "../../../ui/states.tsx";
import { bytes } from "../../../ui/units.ts";
import { AttachDiskDialog, DetachDiskDialog, GrowDiskDialog } from "../dialogs/disk-dialogs.tsx";
import { useVolumeCommands } from "../../volumes/use-volume-commands.tsx";
import { blockedByState, vmsOf } from "../../volumes/volume-state.ts";
import { deviceBlocked } from "../vm-actions.ts";
import type { VmTabProps } from "../vm-page.tsx";
import { diskBus } from "./words.ts";

const s = strings.vm.disks;
const GIB = 1024 ** 3;

type Open = { kind: "attach" } | { kind: "grow" | "detach"; disk: DiskDevice };

export function DisksTab({ vm, can }: VmTabProps) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const images = useRows(inventory.image);
  const volumes = useRows(inventory.volume);
  const byId = useMemo(
    () => new Map(volumes.filter((volume) => vmsOf(volume).includes(vm.id)).map((volume) => [volume.id, volume])),
    [volumes, vm.id],
  );
  const { command, dialogs } = useVolumeCommands();
  const [open, setOpen] = useState<Open>();
  const blocked = deviceBlocked(vm) ?? can.action(vm, "edit");
  const disks = vm.spec?.disks ?? [];
  const nameOf = (disk: DiskDevice) => s.disk(disks.findIndex(({ id }) => id === disk.id) + 1);
  const close = () => setOpen(undefined);
  const columns = columnsOf({
    pools,
    images,
    volumes: byId,
    nameOf,
    blocked,
    onOpen: setOpen,
    onMove: (volume) => command("move", volume),
  });
  return (
    <div className="p-4">
      <Panel
        title={s.label}
        actions={
          <Button
            icon={<Plus size={14} />}
            className="my-1"
            blocked={blocked}
            onClick={() => setOpen({ kind: "attach" })}
          >
            {s.attach}
          </Button>
        }
      >
        {disks.length === 0 ? (
          <Empty icon={<HardDrive size={32} />} title={s.none}>
            {s.noneText}
          </Empty>
        ) : (
          <ListTable label={s.label} rows={disks} rowKey={({ id }) => id} columns={columns} />
        )}
      </Panel>
      {dialogs}
      {open?.kind === "attach" && <AttachDiskDialog vm={vm} onClose={close} />}
      {open?.kind === "grow" && <GrowDiskDialog vm={vm} disk={open.disk} name={nameOf(open.disk)} onClose={close} />}
      {open?.kind === "detach" && (
        <DetachDiskDialog vm={vm} disk={open.disk} name={nameOf(open.disk)} onClose={close} />
      )}
    </div>
  );
}

interface Parts {
  pools: readonly StoragePool[];
  images: readonly Image[];
  volumes: ReadonlyMap<string, Volume>;
  nameOf: (disk: DiskDevice) => string;
  blocked: string | undefined;
  onOpen: (open: Open) => void;
  onMove: (volume: Volume) => void;
}

function columnsOf({ pools, images, volumes, nameOf, blocked, onOpen, onMove }: Parts): ListColumn<DiskDevice>[] {
  const button = (kind: "grow" | "detach", Icon: LucideIcon, disk: DiskDevice) => (
    <Button
      look="ghost"
      aria-label={`${s[kind]} ${nameOf(disk)}`}
      title={s[kind]}
      icon={<Icon size={14} />}
      blocked={blocked ?? (kind === "grow" && disk.shared ? s.sharedDisk : undefined)}
      onClick={() => onOpen({ kind, disk })}
    />
  );
  const moveButton = (disk: DiskDevice) => {
    const volume = volumes.get(disk.volumeId);
    if (!volume) return null;
    return (
      <Button
        look="ghost"
        aria-label={`${s.move}: ${nameOf(disk)}`}
        title={s.move}
        icon={<ArrowRightLeft size={14} />}
        blocked={blocked ?? blockedByState(volume, "move")}
        onClick={() => onMove(volume)}
      />
    );
  };
  const poolOf = (id: string) => pools.find((pool) => pool.id === id)?.name ?? "";
  return [
    { id: "disk", title: s.columns.disk, className: "font-medium whitespace-nowrap", cell: nameOf },
    { id: "size", title: s.columns.size, cell: (disk) => bytes(Number(disk.sizeGib) * GIB) },
    {
      id: "pool",
      title: s.columns.pool,
      cell: ({ storagePoolId: id, movingFromPoolId: from }) => (
        <>
          <ObjectLink object={{ kind: "pool", id, name: poolOf(id) }} />
          {from && <span className="text-info">, {s.moving(poolOf(from))}</span>}
        </>
      ),
    },
    {
      id: "volume",
      title: s.columns.volume,
      cell: ({ volumeId: id }) => {
        const name = volumes.get(id)?.name;
        return name ? <ObjectLink object={{ kind: "volume", id, name }} /> : <span className="text-faint">–</span>;
      },
    },
    {
      id: "used",
      title: s.columns.used,
      align: "right",
      cell: ({ volumeId: id }) => {
        const used = volumes.get(id)?.status?.usedBytes ?? 0n;
        return used > 0n ? bytes(used) : <span className="text-faint">–</span>;
      },
    },
    { id: "bus", title: s.columns.bus, cell: (disk) => diskBus[disk.bus] },
    {
      id: "image",
      title: s.columns.image,
      cell: ({ imageId: id }) =>
        id ? (
          <ObjectLink object={{ kind: "image", id, name: images.find((image) => image.id === id)?.name ?? "" }} />
        ) : (
          <span className="text-muted">{s.empty}</span>
        ),
    },
    { id: "boot", title: s.columns.boot, cell: (disk) => disk.bootIndex || "" },
    {
      id: "actions",
      title: "",
      align: "right",
      cell: (disk) => (
        <span className="inline-flex gap-1">
          {button("grow", Maximize2, disk)}
          {moveButton(disk)}
          {button("detach", Unlink2, disk)}
        </span>
      ),
    },
  ];
}
