import { Reason, VMService, VmDesired_Power, type VirtualMachine } from "@limiquantix/api";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Copy, Ellipsis, Monitor, Play, Power, SquareTerminal, Terminal } from "lucide-react";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { useTab } from "../../app/search.ts";
import { useLink, useRow } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { Page } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, Skeleton, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { DisksTab } from "./tabs/disks-tab.tsx";
import { EventsTab } from "./tabs/events-tab.tsx";
import { HardwareTab } from "./tabs/hardware-tab.tsx";
import { MediaTab } from "./tabs/media-tab.tsx";
import { NetworksTab } from "./tabs/networks-tab.tsx";
import { Notice } from "./tabs/notice.tsx";
import { SnapshotNotices } from "./snapshots/snapshot-notices.tsx";
import { PermissionsTab } from "./tabs/permissions-tab.tsx";
import { SummaryTab } from "./tabs/summary-tab.tsx";
import { TasksTab } from "./tabs/tasks-tab.tsx";
import { useSnapshotsOf } from "./snapshots/use-snapshots-of.ts";
import { useVmCan, type VmCan } from "./use-vm-can.ts";
import { useVmCommands, type VmCommands } from "./use-vm-commands.tsx";
import { vmMenu } from "./vm-menu.tsx";
import { VmStateDot } from "./vm-state-dot.tsx";
import { isPending } from "./vm-state.ts";

const SnapshotsTab = lazy(() =>
  import("./snapshots/snapshots-tab.tsx").then(({ SnapshotsTab }) => ({ default: SnapshotsTab })),
);
const SpecTab = lazy(() => import("./tabs/spec-tab.tsx").then(({ SpecTab }) => ({ default: SpecTab })));

const s = strings.vms;

/** What every tab gets. */
export interface VmTabProps {
  vm: VirtualMachine;
  can: VmCan;
  commands: VmCommands;
}

export function VmPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const row = useRow(inventory.vm, id);
  // What was last seen of it stays on the screen when it is gone.
  const [last, setLast] = useState(row);
  if (row && row !== last) setLast(row);
  const vm = row ?? (last?.id === id ? last : undefined);
  if (vm) return <VmDetail key={id} vm={vm} gone={row === undefined && link !== "connecting"} />;
  if (link === "connecting") return <VmSkeleton />;
  return <MissingVm id={id} />;
}

function VmDetail({ vm, gone }: { vm: VirtualMachine; gone: boolean }) {
  const [tab, setTab] = useTab("summary");
  const can = useVmCan(vm.id);
  const { commands, dialogs } = useVmCommands();
  const props: VmTabProps = { vm, can, commands };
  const tabs = vmTabs(props, useSnapshotsOf(vm.id).length);
  return (
    <Page
      title={vm.name}
      subtitle={<Subtitle vm={vm} gone={gone} />}
      actions={gone ? undefined : <HeaderActions {...props} />}
    >
      <Notices vm={vm} gone={gone} commands={commands} can={can} />
      <SnapshotNotices vm={vm} />
      <Tabs tabs={tabs} value={tab} onChange={setTab} />
      {dialogs}
    </Page>
  );
}

function vmTabs(props: VmTabProps, snapshots: number): Tab[] {
  const { vm } = props;
  const t = s.page.tabs;
  const count = (label: string, n: number) => (
    <>
      {label} {n > 0 && <span className="text-faint tabular-nums">{n}</span>}
    </>
  );
  return [
    { id: "summary", label: t.summary, panel: () => <SummaryTab {...props} /> },
    { id: "hardware", label: t.hardware, panel: () => <HardwareTab {...props} /> },
    { id: "disks", label: count(t.disks, vm.spec?.disks.length ?? 0), panel: () => <DisksTab {...props} /> },
    {
      id: "snapshots",
      label: count(t.snapshots, snapshots),
      panel: () => (
        <Suspense fallback={<SkeletonRows />}>
          <SnapshotsTab {...props} />
        </Suspense>
      ),
    },
    { id: "networks", label: count(t.networks, vm.spec?.nics.length ?? 0), panel: () => <NetworksTab {...props} /> },
    { id: "media", label: t.media, panel: () => <MediaTab {...props} /> },
    { id: "events", label: t.events, panel: () => <EventsTab {...props} /> },
    { id: "tasks", label: t.tasks, panel: () => <TasksTab {...props} /> },
    { id: "permissions", label: t.permissions, panel: () => <PermissionsTab {...props} /> },
    {
      id: "spec",
      label: t.spec,
      panel: () => (
        <Suspense fallback={<SkeletonRows rows={16} />}>
          <SpecTab {...props} />
        </Suspense>
      ),
    },
  ];
}

function Subtitle({ vm, gone }: { vm: VirtualMachine; gone: boolean }) {
  const { inventory } = useConnection();
  const host = useRow(inventory.node, vm.status?.nodeId ?? "");
  if (gone) return s.page.gone;
  return (
    <span className="flex flex-wrap items-center gap-x-3">
      <VmStateDot vm={vm} />
      {vm.isTemplate && <Badge tone="info">{s.template}</Badge>}
      {host && (
        <Link to={`/nodes/${host.id}` as never} className="hover:underline">
          {host.hostname}
        </Link>
      )}
      {vm.status?.ipAddresses[0] && <span className="font-mono text-[12px]">{vm.status.ipAddresses[0]}</span>}
      {vm.status?.accelerator === "tcg" && <Badge tone="warn">{strings.shell.softwareEmulation}</Badge>}
    </span>
  );
}

function HeaderActions({ vm, can, commands }: VmTabProps) {
  const navigate = useNavigate();
  const off = can.action(vm, "start") === undefined;
  const noConsole =
    can.privilege("vm.console") ??
    (can.action(vm, "pause") && can.action(vm, "resume") ? s.blocked.notRunning : undefined);
  const serial: MenuItem = {
    label: s.actions.serial,
    icon: <Terminal size={14} />,
    blocked: noConsole ?? (vm.spec?.serial?.disabled ? s.blocked.noSerial : undefined),
    onSelect: () => void navigate({ to: `/vms/${vm.id}/serial` } as never),
  };
  return (
    <>
      <Button
        icon={<SquareTerminal size={15} />}
        blocked={noConsole}
        onClick={() => void navigate({ to: `/vms/${vm.id}/console` } as never)}
      >
        {s.actions.console}
      </Button>
      {vm.isTemplate ? (
        <Button
          look="primary"
          icon={<Copy size={14} />}
          blocked={can.action(vm, "clone")}
          onClick={() => commands.open("clone", vm)}
        >
          {s.actions.deploy}
        </Button>
      ) : off ? (
        <Button look="primary" icon={<Play size={14} />} onClick={() => commands.power(vm, "start")}>
          {s.actions.start}
        </Button>
      ) : (
        <Button icon={<Power size={14} />} blocked={can.action(vm, "stop")} onClick={() => commands.power(vm, "stop")}>
          {s.actions.stop}
        </Button>
      )}
      <Menu
        label={s.actions.more}
        trigger={<Button icon={<Ellipsis size={16} />} />}
        groups={[[serial], ...vmMenu(vm, can, commands)]}
      />
    </>
  );
}

/** What one has to know before anything else; the worst first. */
function Notices({ vm, gone, can, commands }: VmTabProps & { gone: boolean }) {
  const notices: ReactNode[] = [];
  const failed = (vm.status?.failedGeneration ?? 0n) >= vm.generation && vm.generation > 0n;
  if (gone) {
    notices.push(
      <Notice
        key="gone"
        tone="warn"
        title={s.page.gone}
        action={
          <Link to={"/recycle-bin" as never} className="font-medium underline">
            {s.page.toBin}
          </Link>
        }
      >
        {s.page.goneText}
      </Notice>,
    );
  }
  if (vm.status?.lostReason) {
    notices.push(
      <Notice key="lost" tone="bad" title={s.page.lost}>
        {vm.status.lostReason}
      </Notice>,
    );
  }
  if (vm.status?.errorMessage) {
    notices.push(
      <Notice key="error" tone="bad" title={failed ? s.page.failed : s.states.ERROR}>
        {vm.status.errorMessage}
      </Notice>,
    );
  }
  if (!vm.isManaged && !gone) {
    const adopt = can.action(vm, "adopt");
    const button = (
      <Button blocked={adopt} onClick={() => commands.open("adopt", vm)}>
        {s.actions.adopt}
      </Button>
    );
    notices.push(<Notice key="unmanaged" tone="info" title={s.page.unmanaged} action={button} />);
  }
  const waits = vm.status?.needsRestart ?? [];
  if (waits.length > 0 && vm.desired?.power !== VmDesired_Power.OFF) {
    const text = s.page.needsRestart(waits.join(", "));
    const restart = (
      <Button blocked={can.action(vm, "reboot")} onClick={() => commands.power(vm, "reboot")}>
        {s.actions.reboot}
      </Button>
    );
    notices.push(<Notice key="restart" tone="warn" title={text} action={isPending(vm) ? undefined : restart} />);
  }
  return notices;
}

function VmSkeleton() {
  return (
    <Page title={strings.common.kinds["vm"] ?? ""} subtitle={<Skeleton className="mt-1 h-4 w-64" />}>
      <SkeletonRows rows={12} />
    </Page>
  );
}

/** Not in what the stream shows: asked for by name or id, which also says why it cannot be seen. */
function MissingVm({ id }: { id: string }) {
  const client = useClient(VMService);
  const navigate = useNavigate();
  const { data, problem, loading, reload } = useQuery(id, (signal) => client.getVM({ id }, { signal }));
  useEffect(() => {
    if (data && data.id !== id) void navigate({ to: `/vms/${data.id}`, replace: true } as never);
  }, [data, id, navigate]);
  if (loading || data) return <VmSkeleton />;
  return (
    <Page title={s.page.missing}>
      {problem && problem.reason !== Reason.NOT_FOUND ? (
        <QueryProblem problem={problem} retry={reload} />
      ) : (
        <Empty
          icon={<Monitor size={32} />}
          title={s.page.missingName(id)}
          action={
            <Link to={"/vms" as never} className="text-accent underline">
              {s.page.toList}
            </Link>
          }
        >
          {problem?.tryThis}
        </Empty>
      )}
    </Page>
  );
}
