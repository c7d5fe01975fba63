import { Snapshot_Phase as Phase, type Snapshot } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { Camera, Copy, Ellipsis, MapPin, Pencil, Trash2, Undo2 } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { useConnection } from "../../../api/context.tsx";
import { useRow, useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Badge, StateDot, type Tone } from "../../../ui/badge.tsx";
import { Button } from "../../../ui/button.tsx";
import { Menu } from "../../../ui/menu.tsx";
import { Panel } from "../../../ui/page.tsx";
import { Empty } from "../../../ui/states.tsx";
import { Ago } from "../../../ui/time.tsx";
import { bytes } from "../../../ui/units.ts";
import { CloneDialog } from "../dialogs/clone-dialog.tsx";
import { deviceBlocked } from "../vm-actions.ts";
import type { VmTabProps } from "../vm-page.tsx";
import { DeleteSnapshotDialog } from "./delete-snapshot-dialog.tsx";
import { EditSnapshotDialog } from "./edit-snapshot-dialog.tsx";
import { RevertDialog } from "./revert-dialog.tsx";
import { deleteBlocked, editBlocked, revertBlocked, takeBlocked } from "./snapshot-blocked.ts";
import { snapshotTree, type SnapshotBranch } from "./snapshot-tree.ts";
import { useSnapshotsOf } from "./use-snapshots-of.ts";

const s = strings.snapshots;

type Open = { kind: "revert" | "clone" | "edit" | "delete"; snapshot: Snapshot };

/** The snapshots as a tree, with where the VM is in it. */
export function SnapshotsTab({ vm, can, commands }: VmTabProps) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const all = useSnapshotsOf(vm.id);
  const [open, setOpen] = useState<Open>();
  const tree = useMemo(() => snapshotTree(all, vm.currentSnapshotId), [all, vm.currentSnapshotId]);
  const total = all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n);
  const foreign = deviceBlocked(vm);
  const take = (
    <Button
      look={all.length === 0 ? "primary" : "plain"}
      icon={<Camera size={14} />}
      className="my-1"
      blocked={foreign ?? can.action(vm, "snapshot") ?? takeBlocked(vm, all, pools)}
      onClick={() => commands.open("snapshot", vm)}
    >
      {s.take}
    </Button>
  );
  const node = (branch: SnapshotBranch) => (
    <SnapshotNode
      key={branch.snapshot.id}
      branch={branch}
      actions={
        <Menu
          label={s.actions.of(branch.snapshot.name)}
          trigger={<Button look="ghost" icon={<Ellipsis size={16} />} />}
          groups={[
            [
              {
                label: s.actions.revert,
                icon: <Undo2 size={14} />,
                blocked: can.action(vm, "revert") ?? revertBlocked(vm, branch.snapshot, all),
                onSelect: () => setOpen({ kind: "revert", snapshot: branch.snapshot }),
              },
              {
                label: s.actions.clone,
                icon: <Copy size={14} />,
                blocked:
                  can.privilege("vm.clone") ?? (branch.snapshot.phase === Phase.READY ? undefined : s.blocked.notReady),
                onSelect: () => setOpen({ kind: "clone", snapshot: branch.snapshot }),
              },
              {
                label: s.actions.edit,
                icon: <Pencil size={14} />,
                blocked: can.privilege("vm.snapshot") ?? editBlocked(branch.snapshot),
                onSelect: () => setOpen({ kind: "edit", snapshot: branch.snapshot }),
              },
            ],
            [
              {
                label: s.actions.delete,
                icon: <Trash2 size={14} />,
                danger: true,
                blocked: can.privilege("vm.snapshot") ?? deleteBlocked(vm, branch.snapshot),
                onSelect: () => setOpen({ kind: "delete", snapshot: branch.snapshot }),
              },
            ],
          ]}
        />
      }
    >
      {branch.children.map(node)}
    </SnapshotNode>
  );
  const close = () => setOpen(undefined);
  return (
    <div className="p-4">
      <Panel
        title={
          <>
            {s.label}{" "}
            {all.length > 0 && <span className="font-normal text-muted">{s.total(all.length, bytes(total))}</span>}
          </>
        }
        actions={take}
      >
        {all.length === 0 ? (
          <Empty icon={<Camera size={32} />} title={s.none}>
            {s.noneText}
          </Empty>
        ) : (
          <ul aria-label={s.label} className="flex flex-col">
            {tree.map(node)}
            {!all.some(({ id }) => id === vm.currentSnapshotId) && <Here />}
          </ul>
        )}
      </Panel>
      {open?.kind === "revert" && <RevertDialog vm={vm} snapshot={open.snapshot} onClose={close} />}
      {open?.kind === "edit" && <EditSnapshotDialog vm={vm} snapshot={open.snapshot} onClose={close} />}
      {open?.kind === "delete" && <DeleteSnapshotDialog vm={vm} snapshot={open.snapshot} onClose={close} />}
      {open?.kind === "clone" && <CloneDialog vm={vm} snapshotId={open.snapshot.id} onClose={close} />}
    </div>
  );
}

function SnapshotNode(props: { branch: SnapshotBranch; actions: ReactNode; children: ReactNode[] }) {
  const { branch, actions, children } = props;
  const { snapshot, current } = branch;
  const below = children.length > 0 || current;
  return (
    <li>
      <div className="flex items-start gap-2 rounded-md py-1.5 pr-1 pl-2 hover:bg-hover">
        <Camera aria-hidden size={15} className="mt-1 shrink-0 text-muted" />
        <About snapshot={snapshot} />
        {actions}
      </div>
      {below && (
        <ul className="ml-[0.95rem] flex flex-col border-l border-line-strong pl-3">
          {current && <Here />}
          {children}
        </ul>
      )}
    </li>
  );
}

const tones: Record<keyof typeof s.phases, Tone> = {
  UNKNOWN: "idle",
  CREATING: "info",
  READY: "ok",
  DELETING: "info",
  ERROR: "bad",
};

function About({ snapshot }: { snapshot: Snapshot }) {
  const { name, description, createdAt, createdBy, sizeBytes, pausedMs, errorMessage } = snapshot;
  const phase = Phase[snapshot.phase] as keyof typeof s.phases;
  const facts = [
    ...(createdBy ? [s.by(createdBy)] : []),
    sizeBytes > 0n ? s.takes(bytes(sizeBytes)) : s.notMeasured,
    ...(pausedMs > 0 ? [s.standstill(pausedMs)] : []),
  ];
  return (
    <div className="min-w-0 grow">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="min-w-0 font-medium break-words">{name}</span>
        {snapshot.memoryIncluded && (
          <span title={s.memoryText}>
            <Badge tone="info">{s.memory}</Badge>
          </span>
        )}
        {snapshot.quiesced && (
          <span title={s.quiescedText}>
            <Badge tone="ok">{s.quiesced}</Badge>
          </span>
        )}
        {snapshot.scheduleId && <ScheduleChip id={snapshot.scheduleId} />}
        {snapshot.takenForVmId && (
          <span title={s.ofClonesText}>
            <Badge>{s.ofClones}</Badge>
          </span>
        )}
        {phase !== "READY" && (
          <StateDot tone={tones[phase]} label={s.phases[phase]} busy={phase === "CREATING" || phase === "DELETING"} />
        )}
      </div>
      <div className="text-muted">
        <Ago at={createdAt} /> {facts.join(" · ")}
      </div>
      {description && <p className="break-words whitespace-pre-wrap">{description}</p>}
      {snapshot.quiesceWanted && !snapshot.quiesced && phase === "READY" && (
        <p className="text-warn">
          {s.notQuiesced}: {snapshot.quiesceMessage}
        </p>
      )}
      {errorMessage && <p className="text-bad">{errorMessage}</p>}
    </div>
  );
}

/** Whose it is, and the way there where one may see it. */
function ScheduleChip({ id }: { id: string }) {
  const schedule = useRow(useConnection().inventory.schedule, id);
  if (!schedule) {
    return (
      <span title={strings.schedules.chipText}>
        <Badge>{strings.schedules.chip}</Badge>
      </span>
    );
  }
  return (
    <Link to={"/schedules" as never} search={{ schedule: id } as never} title={strings.schedules.chipText}>
      <Badge tone="info">{strings.schedules.chipOf(schedule.name)}</Badge>
    </Link>
  );
}

function Here() {
  return (
    <li className="flex items-center gap-2 py-1.5 pl-2 text-accent" aria-current="true">
      <MapPin aria-hidden size={15} className="shrink-0" />
      <span className="font-medium">{s.here}</span>
      <span className="text-muted">{s.hereText}</span>
    </li>
  );
}
