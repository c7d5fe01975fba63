import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight, Monitor, Network, Server } from "lucide-react";
import { useMemo, useState } from "react";
import { useConnection } from "../../api/context.tsx";
import { useSearchValue } from "../../app/search.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { nodeState } from "../nodes/node-state.ts";
import { networkState, networkType } from "./network-state.ts";
import { boxWidth, layOut, type Box, type Edge, type Graph, type TopologyInput } from "./topology-graph.ts";

const s = strings.networks.topology;
const icons = { network: Network, vms: Monitor, host: Server };
const dots: Record<Box["tone"], string> = { ok: "bg-ok", bad: "bg-bad", idle: "bg-line-strong" };

const words: TopologyInput["describe"] = {
  network: (network) => ({ detail: networkType(network), tone: toneOf(networkState(network).tone) }),
  host: (node, count) => ({
    detail: `${nodeState(node).label} · ${s.vmCount(count)}`,
    tone: toneOf(nodeState(node).tone),
  }),
  vms: (count, running) => ({ title: s.vmCount(count), detail: s.running(running) }),
};

/** What is connected to what, and where it runs: boxes are HTML, for keyboards and readers; the lines between are drawn. */
export function Topology() {
  const { inventory } = useConnection();
  const [networks, vms, nodes] = [useRows(inventory.network), useRows(inventory.vm), useRows(inventory.node)];
  const [opened, setOpened] = useSearchValue("open");
  const [pointed, setPointed] = useState("");
  const open = useMemo(() => new Set(opened.split(",").filter(Boolean)), [opened]);
  const graph = useMemo(() => layOut({ networks, vms, nodes, open, describe: words }), [networks, vms, nodes, open]);
  const lit = useMemo(() => reach(graph, pointed), [graph, pointed]);
  const names = useMemo(() => new Map(networks.map(({ id, name }) => [id, name])), [networks]);
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpened([...next].join());
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div role="region" aria-label={s.label} tabIndex={0} className="min-h-0 grow overflow-auto bg-ground p-4">
      <p className="mb-3 text-muted">{s.hint}</p>
      <div className="relative mx-auto" style={{ width: graph.width, height: graph.height }}>
        <svg aria-hidden width={graph.width} height={graph.height} className="pointer-events-none absolute inset-0">
          {graph.edges.map((edge) => (
            <Line key={edge.key} edge={edge} graph={graph} lit={lit?.has(edge.key)} />
          ))}
        </svg>
        {graph.boxes.map((box) => (
          <Card
            key={box.key}
            box={box}
            faded={lit !== undefined && !lit.has(box.key)}
            network={names.get(box.id) ?? ""}
            open={open.has(box.id)}
            onToggle={() => toggle(box.id)}
            onPoint={setPointed}
          />
        ))}
      </div>
    </div>
  );
}

function toneOf(tone: string): Box["tone"] {
  return tone === "ok" || tone === "bad" ? tone : "idle";
}

/** The boxes and lines on the ways through the one that is pointed at; undefined: none is. */
function reach({ edges }: Graph, key: string): ReadonlySet<string> | undefined {
  if (!key) return undefined;
  const lit = new Set([key]);
  const follow = (at: string, by: "from" | "to", other: "from" | "to") => {
    for (const edge of edges) {
      if (edge[by] !== at) continue;
      lit.add(edge.key).add(edge[other]);
      follow(edge[other], by, other);
    }
  };
  follow(key, "from", "to");
  follow(key, "to", "from");
  return lit;
}

/** Thicker for more VMs; how many is at its end. */
function Line({ edge, graph, lit }: { edge: Edge; graph: Graph; lit: boolean | undefined }) {
  const [from, to] = [edge.from, edge.to].map((key) => graph.boxes.find((box) => box.key === key));
  if (!from || !to) return null;
  const [x1, y1] = [from.x + boxWidth, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  const bend = (x2 - x1) / 2;
  return (
    <path
      d={`M ${x1} ${y1} C ${x1 + bend} ${y1}, ${x2 - bend} ${y2}, ${x2} ${y2}`}
      fill="none"
      strokeWidth={Math.min(6, 1 + Math.log2(edge.count) / 2)}
      strokeOpacity={lit === undefined ? 0.55 : lit ? 0.9 : 0.15}
      className={lit ? "stroke-accent" : "stroke-line-strong"}
    />
  );
}

interface CardProps {
  box: Box;
  faded: boolean;
  /** The name of the network that its VMs are in. */
  network: string;
  open: boolean;
  onToggle: () => void;
  onPoint: (key: string) => void;
}

function Card({ box, faded, network, open, onToggle, onPoint }: CardProps) {
  const { key, kind, x, y, height, title, detail, tone, id, names, rest } = box;
  const Icon = icons[kind];
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- pointing lights the ways and does nothing
    <div
      role="group"
      aria-label={kind === "vms" ? `${network}: ${title}` : title}
      onMouseEnter={() => onPoint(key)}
      onMouseLeave={() => onPoint("")}
      onFocus={() => onPoint(key)}
      onBlur={() => onPoint("")}
      className={`absolute overflow-hidden rounded-lg border border-line bg-surface transition-opacity ${faded ? "opacity-40" : ""}`}
      style={{ left: x, top: y, width: boxWidth, height }}
    >
      <div className="flex h-11 items-center gap-2 px-3">
        <Icon aria-hidden size={15} className="shrink-0 text-muted" />
        <div className="min-w-0 grow leading-tight">
          {kind === "vms" ? (
            <span className="block truncate font-medium">{title}</span>
          ) : (
            <Link
              to={`/${kind === "host" ? "nodes" : "networks"}/${id}` as never}
              className="block truncate font-medium hover:underline"
            >
              {title}
            </Link>
          )}
          <span className="flex items-center gap-1.5 text-[12px] text-muted">
            <span aria-hidden className={`size-1.5 rounded-full ${dots[tone]}`} />
            {detail}
          </span>
        </div>
        {kind === "vms" && (
          <button
            type="button"
            aria-expanded={open}
            aria-label={open ? s.collapse(network) : s.expand(network)}
            className="rounded p-1 text-muted hover:bg-hover hover:text-text"
            onClick={onToggle}
          >
            <Chevron aria-hidden size={14} />
          </button>
        )}
      </div>
      {names.length > 0 && (
        <ul className="px-3 text-[12px]">
          {names.map((vm) => (
            <li key={vm.id} className="h-[18px] truncate">
              <Link to={`/vms/${vm.id}` as never} className="hover:underline">
                {vm.name}
              </Link>
            </li>
          ))}
          {rest > 0 && <li className="h-[18px] text-muted">{s.more(rest)}</li>}
        </ul>
      )}
    </div>
  );
}
