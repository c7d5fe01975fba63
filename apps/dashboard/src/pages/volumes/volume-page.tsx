import type { Volume } from "@limiquantix/api";
import { Link, useParams } from "@tanstack/react-router";
import { Ellipsis, HardDrive, Link2, Undo2, Unlink2 } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { useConnection } from "../../api/context.tsx";
import { useTab } from "../../app/search.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { At } from "../../ui/time.tsx";
import { bytes } from "../../ui/units.ts";
import { EventsOf } from "../events/events-of.tsx";
import { GrantsPanel } from "../grants/grants-panel.tsx";
import { TimeLeft } from "../recycle-bin/time-left.tsx";
import { TasksOf } from "../tasks/tasks-of.tsx";
import { useVolumeCan } from "./use-volume-can.ts";
import { useVolumeCommands, type VolumeCommand } from "./use-volume-commands.tsx";
import { volumeMenu } from "./volume-menu.tsx";
import { isRecycled, kindOf, vmsOf, volumeState } from "./volume-state.ts";

const s = strings.volumes;

export function VolumePage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const volume = useRow(inventory.volume, id);
  if (volume) return <Detail key={id} volume={volume} />;
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <Empty icon={<HardDrive size={32} />} title={s.gone}>
          {s.goneText}
        </Empty>
      )}
    </Page>
  );
}

function Detail({ volume }: { volume: Volume }) {
  const [tab, setTab] = useTab("summary");
  const { command, dialogs } = useVolumeCommands();
  const { id, name, spec } = volume;
  const tabs: Tab[] = [
    panel("summary", <Summary volume={volume} />),
    panel("events", <EventsOf id={id} none={strings.vm.events.none} />),
    panel("tasks", <TasksOf id={id} none={strings.vm.tasks.none} />),
    panel(
      "permissions",
      <div className="p-4">
        <GrantsPanel object={{ kind: "volume", id, name }} />
      </div>,
    ),
  ];
  return (
    <Page
      title={name}
      subtitle={
        <span className="flex flex-wrap gap-x-3">
          <StateDot {...volumeState(volume)} />
          <span>{bytes(spec?.sizeBytes ?? 0n)}</span>
          <PoolLink id={spec?.storagePoolId ?? ""} />
          {vmsOf(volume).length > 1 ? s.facts.sharedBy(vmsOf(volume).length) : <VmLinks volume={volume} />}
        </span>
      }
      actions={<Actions volume={volume} command={command} />}
    >
      <Tabs value={tab} onChange={setTab} tabs={tabs} />
      {dialogs}
    </Page>
  );
}

function panel(id: keyof typeof s.tabs, content: ReactNode): Tab {
  return { id, label: s.tabs[id], panel: () => content };
}

function Actions({ volume, command }: { volume: Volume; command: VolumeCommand }) {
  const can = useVolumeCan(volume.id);
  const attached = (volume.status?.attachedVmId ?? "") !== "";
  const [first, Icon] = isRecycled(volume)
    ? (["restore", Undo2] as const)
    : attached
      ? (["detach", Unlink2] as const)
      : (["attach", Link2] as const);
  return (
    <>
      <Button icon={<Icon size={14} />} blocked={can(volume, first)} onClick={() => command(first, volume)}>
        {s.actions[first]}
      </Button>
      <Menu
        label={s.actions.more}
        trigger={<Button icon={<Ellipsis size={16} />} />}
        groups={volumeMenu(volume, can, command)}
      />
    </>
  );
}

function Summary({ volume }: { volume: Volume }) {
  return (
    <div className="flex flex-col gap-4 p-4">
      <Notices volume={volume} />
      <div className="grid gap-4 lg:grid-cols-2">
        <Contents volume={volume} />
        <About volume={volume} />
      </div>
    </div>
  );
}

function Notices({ volume }: { volume: Volume }) {
  const { status, spec } = volume;
  return (
    <>
      {status?.errorMessage && <Notice tone="bad">{status.errorMessage}</Notice>}
      {isRecycled(volume) && (
        <Notice tone="warn">
          {s.recycledNotice}. {s.recycledText}: <TimeLeft until={volume.purgeAt} />
        </Notice>
      )}
      {status?.movingFromPoolId && (
        <Notice tone="info">
          <PoolNames from={status.movingFromPoolId} to={spec?.storagePoolId ?? ""} />
        </Notice>
      )}
    </>
  );
}

function PoolNames({ from, to }: { from: string; to: string }) {
  const { inventory } = useConnection();
  const [a, b] = [useRow(inventory.pool, from), useRow(inventory.pool, to)];
  return <>{s.movingNotice(a?.name ?? from, b?.name ?? to)}</>;
}

function Contents({ volume }: { volume: Volume }) {
  const { inventory } = useConnection();
  const all = useRows(inventory.snapshot);
  const { id, spec, status } = volume;
  const holding = useMemo(() => all.filter(({ disks }) => disks.some(({ volumeId }) => volumeId === id)), [all, id]);
  const [size, used] = [spec?.sizeBytes ?? 0n, status?.usedBytes ?? 0n];
  const behind = (status?.sizeBytes ?? 0n) > 0n && (status?.sizeBytes ?? 0n) < size;
  const text = used > 0n ? bytes(used) : s.facts.notMeasured;
  return (
    <Panel title={s.facts.contents}>
      <div className="flex flex-col gap-4">
        {used > 0n && (
          <Meter label={`${s.facts.used}, ${volume.name}`} value={Number(used)} max={Number(size)} text={text} />
        )}
        <Facts
          facts={[
            [s.facts.size, behind ? `${bytes(size)}, ${s.facts.has(bytes(status?.sizeBytes ?? 0n))}` : bytes(size)],
            [s.facts.used, holding.length > 0 ? `${text}, ${s.facts.withSnapshots}` : text],
            [s.facts.kind, kindOf(volume)],
            [s.facts.source, <Source key="source" volume={volume} />],
            ...(holding.length > 0
              ? [
                  [
                    s.facts.snapshots,
                    <Link
                      key="snapshots"
                      to={`/vms/${status?.attachedVmId ?? ""}` as never}
                      search={{ tab: "snapshots" } as never}
                      className="hover:underline"
                    >
                      {holding.map(({ name }) => name).join(", ")}
                    </Link>,
                  ] as const,
                ]
              : []),
          ]}
        />
      </div>
    </Panel>
  );
}

function Source({ volume }: { volume: Volume }) {
  const { inventory } = useConnection();
  const { from } = volume.spec?.source ?? {};
  if (from?.case === "imageId") {
    const id = from.value;
    return <ObjectLink withKind object={{ kind: "image", id, name: inventory.image.get(id)?.name ?? "" }} />;
  }
  if (from?.case === "volumeId") {
    const id = from.value;
    return <ObjectLink withKind object={{ kind: "volume", id, name: inventory.volume.get(id)?.name ?? "" }} />;
  }
  if (from?.case === "snapshot") {
    const { volumeId: id, linked } = from.value;
    return (
      <>
        {s.facts.snapshotOf} <ObjectLink object={{ kind: "volume", id, name: inventory.volume.get(id)?.name ?? "" }} />
        {linked && `, ${s.facts.linked}`}
      </>
    );
  }
  return <span className="text-muted">{s.facts.empty}</span>;
}

function About({ volume }: { volume: Volume }) {
  const { inventory } = useConnection();
  const project = useRow(inventory.project, volume.projectId);
  const node = useRow(inventory.node, volume.status?.nodeId ?? "");
  const labels = Object.entries(volume.labels).map(([key, value]) => `${key}=${value}`);
  return (
    <Panel title={s.facts.about}>
      <Facts
        facts={[
          [
            s.facts.vm,
            vmsOf(volume).length > 0 ? (
              <VmLinks key="vm" volume={volume} />
            ) : (
              <span key="vm" className="text-muted">
                {s.facts.nobody}
              </span>
            ),
          ],
          [s.facts.pool, <PoolLink key="pool" id={volume.spec?.storagePoolId ?? ""} />],
          ...(node
            ? [
                [
                  s.facts.host,
                  <ObjectLink key="node" object={{ kind: "node", id: node.id, name: node.hostname }} />,
                ] as const,
              ]
            : []),
          [
            s.facts.project,
            <ObjectLink key="project" object={{ kind: "project", id: volume.projectId, name: project?.name ?? "" }} />,
          ],
          [s.facts.created, <At key="at" at={volume.createdAt} />],
          [s.facts.labels, labels.length > 0 ? labels.join(", ") : s.facts.noLabels],
          [
            s.facts.notes,
            volume.description || (
              <span key="notes" className="text-muted">
                {s.facts.noNotes}
              </span>
            ),
          ],
          [
            s.facts.id,
            <code key="id" className="font-mono text-[12px]">
              {volume.id}
            </code>,
          ],
        ]}
      />
    </Panel>
  );
}

function PoolLink({ id }: { id: string }) {
  const { inventory } = useConnection();
  return <ObjectLink object={{ kind: "pool", id, name: useRow(inventory.pool, id)?.name ?? "" }} />;
}

function VmLinks({ volume }: { volume: Volume }) {
  return (
    <span className="flex flex-wrap gap-x-3">
      {vmsOf(volume).map((id) => (
        <VmLink key={id} id={id} />
      ))}
    </span>
  );
}

function VmLink({ id }: { id: string }) {
  const { inventory } = useConnection();
  const vm = useRow(inventory.vm, id);
  return vm ? <ObjectLink object={{ kind: "vm", id, name: vm.name }} /> : null;
}
