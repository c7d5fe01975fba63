import type { Node } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { CheckCircle2, CircleAlert, TriangleAlert } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { useConnection } from "../../api/context.tsx";
import { useCan } from "../../api/use-can.ts";
import { OverviewCharts } from "../../charts/index.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { useNow } from "../../ui/time.tsx";
import { EventLine } from "../../ui/event-line.tsx";
import { Forbidden } from "../../ui/forbidden.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { TaskLine } from "../../ui/task-line.tsx";
import { JoinCommand } from "../nodes/join-dialog.tsx";
import { emulationReason } from "../nodes/node-state.ts";
import { attentionOf } from "./attention.ts";
import { CapacityCards } from "./capacity-cards.tsx";
import { HostsByPhase, VmsByState } from "./health.tsx";
import { useExpiringCertificates } from "./use-expiring-certificates.ts";
import { TopConsumers } from "./top-consumers.tsx";

const s = strings.overview;

/** Everything at a glance: what there is, whether it is well, and what goes on. */
export function OverviewPage() {
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const nodes = useRows(inventory.node);
  const vms = useRows(inventory.vm);
  if (link === "connecting") {
    return (
      <Page title={s.title}>
        <Loading />
      </Page>
    );
  }
  return (
    <Page title={s.title} subtitle={s.subtitle(nodes.length, vms.length)}>
      <div className="min-h-0 grow overflow-y-auto p-4">
        {nodes.length === 0 ? <FirstRun /> : <Everything nodes={nodes} />}
      </div>
    </Page>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className="grid gap-4 p-4 sm:grid-cols-2 xl:grid-cols-4">
      {Array.from({ length: 8 }, (_, i) => (
        <Skeleton key={i} className="h-36 rounded-lg" />
      ))}
    </div>
  );
}

/** No host yet, or none that the user may see. */
function FirstRun() {
  const [view] = useCan([{ privilege: "node.view" }]);
  if (view && !view.allowed && view.why) {
    return (
      <Forbidden title={strings.nodes.forbidden} message={view.why} tryThis={strings.common.askFor("node.view")} />
    );
  }
  return (
    <div className="mx-auto max-w-2xl pt-6">
      <Panel title={s.firstTitle}>
        <p className="mb-4 text-muted">{s.firstText}</p>
        <JoinCommand />
      </Panel>
    </div>
  );
}

function Everything({ nodes }: { nodes: readonly Node[] }) {
  const { inventory } = useConnection();
  const vms = useRows(inventory.vm);
  const pools = useRows(inventory.pool);
  return (
    <div className="flex flex-col gap-4">
      <EmulationNotice nodes={nodes} />
      <CapacityCards nodes={nodes} pools={pools} />
      <div className="grid gap-4 lg:grid-cols-3">
        <Panel title={s.health.hosts}>
          <HostsByPhase nodes={nodes} linked />
        </Panel>
        <Panel title={s.health.vms}>
          <VmsByState vms={vms} linked />
        </Panel>
        <NeedsAttention />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <TopConsumers vms={vms} />
        <RecentTasks />
        <RecentEvents />
      </div>
      <OverviewCharts />
    </div>
  );
}

/** Where guests are emulated in software, and why: nobody should take it for the product's speed. */
function EmulationNotice({ nodes }: { nodes: readonly Node[] }) {
  const emulated = nodes.filter((node) => emulationReason(node) !== undefined);
  if (emulated.length === 0) return null;
  const reasons = [...Map.groupBy(emulated, (node) => emulationReason(node) ?? "")];
  return (
    <Notice tone="warn">
      <p className="font-medium">
        {emulated.length === nodes.length ? s.emulation.all : s.emulation.some(emulated.length, nodes.length)}
      </p>
      <ul>
        {reasons.slice(0, 3).map(([reason, hosts]) => (
          <li key={reason}>
            {hosts
              .slice(0, 3)
              .map(({ hostname }) => hostname)
              .join(", ")}
            {hosts.length > 3 && ", …"}: {reason}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function NeedsAttention() {
  const { inventory } = useConnection();
  const [nodes, vms] = [useRows(inventory.node), useRows(inventory.vm)];
  const [pools, tasks] = [useRows(inventory.pool), useRows(inventory.task)];
  const now = useNow();
  const certificates = useExpiringCertificates(now);
  const items = useMemo(
    () => attentionOf({ nodes, vms, pools, tasks, certificates }, now),
    [nodes, vms, pools, tasks, certificates, now],
  );
  return (
    <Panel title={s.attention.title}>
      {items.length === 0 ? (
        <p className="flex items-center gap-2 text-ok">
          <CheckCircle2 aria-hidden size={15} />
          {s.attention.none}
        </p>
      ) : (
        <ul className="flex max-h-52 flex-col gap-2 overflow-y-auto">
          {items.map(({ key, tone, title, detail, to }) => {
            const [path, query = ""] = to.split("?");
            const Icon = tone === "bad" ? CircleAlert : TriangleAlert;
            return (
              <li key={key} className="flex items-start gap-2">
                <Icon
                  aria-hidden
                  size={15}
                  className={`mt-0.5 shrink-0 ${tone === "bad" ? "text-bad" : "text-warn"}`}
                />
                <span className="min-w-0">
                  <Link
                    to={path as never}
                    search={Object.fromEntries(new URLSearchParams(query)) as never}
                    className="font-medium hover:underline"
                  >
                    {title}
                  </Link>
                  {detail && <span className="block break-words text-muted">{detail}</span>}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

function RecentTasks() {
  const { inventory } = useConnection();
  const tasks = newest(useRows(inventory.task), 6);
  return (
    <Panel title={s.tasks} actions={<All to="/tasks" of={s.tasks} />}>
      {tasks.length === 0 ? (
        <p className="text-muted">{s.noTasks}</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {tasks.map((task) => (
            <li key={task.id}>
              <TaskLine task={task} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function RecentEvents() {
  const { inventory } = useConnection();
  const events = newest(useRows(inventory.event), 10);
  return (
    <Panel title={s.events} actions={<All to="/events" of={s.events} />}>
      {events.length === 0 ? (
        <p className="text-muted">{s.noEvents}</p>
      ) : (
        <ul>
          {events.map((event) => (
            <li key={event.id}>
              <EventLine event={event} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function All({ to, of }: { to: string; of: string }): ReactNode {
  return (
    <Link to={to as never} className="text-accent hover:underline" aria-label={`${s.all}: ${of}`}>
      {s.all}
    </Link>
  );
}

/** Ids are in the order of time (UUIDv7). */
function newest<Row extends { id: string }>(rows: readonly Row[], count: number): Row[] {
  return rows.toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, count);
}
