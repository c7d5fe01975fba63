import { Display_Type, VmStatus_StopReason, GuestOs_Family, type VirtualMachine } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Check, Copy, Pencil } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { useConnection } from "../../../api/context.tsx";
import { VmCharts } from "../../../charts/index.ts";
import { useRow, useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Badge } from "../../../ui/badge.tsx";
import { Button } from "../../../ui/button.tsx";
import { Facts, Panel } from "../../../ui/page.tsx";
import { Ago, At } from "../../../ui/time.tsx";
import { bytes, memory } from "../../../ui/units.ts";
import { ConsolePreview } from "../../console/console-preview.tsx";
import { pathOf } from "../folder-paths.ts";
import type { VmTabProps } from "../vm-page.tsx";
import { VmStateDot } from "../vm-state-dot.tsx";
import { stateName } from "../vm-state.ts";
import { osFamily } from "./words.ts";

const s = strings.vms.summary;
const GIB = 1024 ** 3;

export function SummaryTab({ vm, can, commands }: VmTabProps) {
  const edit = can.action(vm, "edit");
  const pencil = (kind: "settings" | "resources") => (
    <Button
      look="ghost"
      aria-label={strings.vms.actions[kind]}
      icon={<Pencil size={14} />}
      blocked={edit}
      onClick={() => commands.open(kind, vm)}
    />
  );
  return (
    <div className="grid content-start gap-4 p-4 lg:grid-cols-2 xl:grid-cols-3">
      {vm.spec?.display?.type !== Display_Type.NONE && can.privilege("vm.console") === undefined && (
        <ConsolePreview vmId={vm.id} />
      )}
      <Panel title={s.state}>
        <StateFacts vm={vm} />
      </Panel>
      <Panel title={s.resources} actions={pencil("resources")}>
        <ResourceFacts vm={vm} />
      </Panel>
      <Panel title={s.waysIn}>
        <WaysIn vm={vm} />
      </Panel>
      <Panel title={s.identity} actions={pencil("settings")}>
        <PlaceFacts vm={vm} />
      </Panel>
      <Panel title={s.notes} actions={pencil("settings")}>
        {vm.description ? (
          <p className="max-w-prose break-words whitespace-pre-wrap">{vm.description}</p>
        ) : (
          <p className="text-muted">{s.noNotes}</p>
        )}
      </Panel>
      <div className="lg:col-span-2 xl:col-span-3">
        <VmCharts vmId={vm.id} />
      </div>
    </div>
  );
}

function StateFacts({ vm }: { vm: VirtualMachine }) {
  const { inventory } = useConnection();
  const host = useRow(inventory.node, vm.status?.nodeId ?? "");
  const reason = s.stopped[VmStatus_StopReason[vm.status?.stopReason ?? 0] ?? ""];
  const isOff = ["STOPPED", "CRASHED", "SUSPENDED"].includes(stateName(vm));
  const addresses = vm.status?.ipAddresses ?? [];
  const facts: [string, ReactNode][] = [
    [
      s.state,
      <>
        <VmStateDot key="dot" vm={vm} />
        {reason && isOff && <span className="text-muted">: {reason}</span>}
      </>,
    ],
    [s.since, vm.status?.stateChangedAt && <Ago at={vm.status.stateChangedAt} />],
    [
      s.host,
      host ? (
        <Link to={`/nodes/${host.id}` as never} className="text-accent hover:underline">
          {host.hostname}
        </Link>
      ) : (
        s.noHost
      ),
    ],
    [
      s.addresses,
      addresses.length === 0 ? (
        <span className="text-muted">{s.noAddress}</span>
      ) : (
        <span className="flex flex-col">
          {addresses.map((address) => (
            <Copyable key={address} text={address} />
          ))}
        </span>
      ),
    ],
  ];
  if (vm.status?.accelerator) {
    facts.push([
      s.accelerator,
      vm.status.accelerator === "tcg" ? (
        <span title={strings.vms.page.emulated}>
          <Badge tone="warn">{strings.shell.softwareEmulation}</Badge>
        </span>
      ) : (
        vm.status.accelerator.toUpperCase()
      ),
    ]);
  }
  return <Facts facts={facts} />;
}

function ResourceFacts({ vm }: { vm: VirtualMachine }) {
  const { inventory } = useConnection();
  const networks = useRows(inventory.network);
  const disks = vm.spec?.disks ?? [];
  const gib = disks.reduce((sum, { sizeGib }) => sum + Number(sizeGib), 0);
  const names = (vm.spec?.nics ?? []).map(
    ({ networkId }) => networks.find(({ id }) => id === networkId)?.name ?? networkId,
  );
  return (
    <Facts
      facts={[
        [s.cpu, vm.spec?.cpu?.cores],
        [s.memory, memory(Number(vm.spec?.memory?.sizeMib ?? 0n))],
        [s.disks, disks.length === 0 ? strings.common.none : `${disks.length} · ${bytes(gib * GIB)}`],
        [s.networks, names.length === 0 ? strings.common.none : names.join(", ")],
        [s.os, osFamily[vm.spec?.guestOs?.family ?? GuestOs_Family.UNKNOWN]],
        [s.autoStart, vm.spec?.autoStart ? s.yes : s.no],
      ]}
    />
  );
}

function PlaceFacts({ vm }: { vm: VirtualMachine }) {
  const { inventory } = useConnection();
  const project = useRow(inventory.project, vm.projectId);
  const folders = useRows(inventory.folder);
  const path = useMemo(() => pathOf(new Map(folders.map((row) => [row.id, row])), vm.folderId), [folders, vm.folderId]);
  const labels = Object.entries(vm.labels);
  const listOf = (search: Record<string, string>, text: string) => (
    <Link to={"/vms" as never} search={search as never} className="text-accent hover:underline">
      {text}
    </Link>
  );
  return (
    <Facts
      facts={[
        [s.project, project && listOf({ project: project.id }, project.name)],
        [s.folder, vm.folderId ? listOf({ folder: vm.folderId }, path || vm.folderId) : s.top],
        [
          s.labels,
          labels.length === 0 ? (
            s.noLabels
          ) : (
            <span className="flex flex-wrap gap-1">
              {labels.map(([key, value]) => (
                <Link key={key} to={"/vms" as never} search={{ label: `${key}=${value}` } as never}>
                  <Badge>{value ? `${key}=${value}` : key}</Badge>
                </Link>
              ))}
            </span>
          ),
        ],
        [
          s.created,
          <>
            <At key="at" at={vm.createdAt} /> {vm.createdBy && <span className="text-muted">{s.by(vm.createdBy)}</span>}
          </>,
        ],
        [s.id, <Copyable key="id" text={vm.id} />],
      ]}
    />
  );
}

function WaysIn({ vm }: { vm: VirtualMachine }) {
  const init = vm.spec?.provisioning?.cloudInit;
  if (!init) return <p className="text-muted">{s.unknownWaysIn}</p>;
  const ways = init.consumed
    ? init.waysIn
    : [
        init.passwordHash || init.password ? s.password : "",
        init.sshKeys.length > 0 ? s.keys(init.sshKeys.length) : "",
        ...init.waysIn,
      ].filter(Boolean);
  return (
    <div className="flex flex-col gap-3">
      {ways.length === 0 ? (
        <p className="text-warn">{s.noWaysIn}</p>
      ) : (
        <ul className="flex flex-wrap gap-1">
          {[...new Set(ways)].map((way) => (
            <li key={way}>
              <Badge tone="ok">{way}</Badge>
            </li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          [s.user, init.username],
          [s.hostname, init.hostname || vm.name],
        ]}
      />
    </div>
  );
}

/** A text that people take elsewhere. */
function Copyable({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span className="group inline-flex items-center gap-1">
      <span className="font-mono text-[12px] break-all">{text}</span>
      <button
        type="button"
        aria-label={copied ? s.copied : `${s.copy} ${text}`}
        className="rounded p-0.5 text-faint hover:text-text"
        onClick={() => void copy()}
      >
        {copied ? <Check size={13} className="text-ok" /> : <Copy size={13} />}
      </button>
    </span>
  );
}
