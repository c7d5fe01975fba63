import type { Node, VirtualMachine, VirtualNetwork } from "@limiquantix/api";
import { vmState } from "../vms/vm-state.ts";

/*
 * Three columns: networks, the VMs that are connected to them, and the hosts where these run. VMs of a network are one
 * box until it is opened: then there is a box for each host, with their names. That stays readable with any number.
 */

export const boxWidth = 220;
const [columnGap, rowGap, headHeight, lineHeight] = [130, 14, 46, 18];
const seenFirst = 560;
export const mostNames = 8;

export interface Box {
  key: string;
  kind: "network" | "vms" | "host";
  x: number;
  y: number;
  height: number;
  title: string;
  detail: string;
  /** Of a network and a host. */
  id: string;
  tone: "ok" | "bad" | "idle";
  /** In an open network: its VMs on one host, the first few. */
  names: { id: string; name: string }[];
  /** How many further ones there are. */
  rest: number;
}

export interface Edge {
  key: string;
  from: string;
  to: string;
  /** How many VMs it stands for. */
  count: number;
}

export interface Graph {
  boxes: Box[];
  edges: Edge[];
  width: number;
  height: number;
}

export interface TopologyInput {
  networks: readonly VirtualNetwork[];
  vms: readonly VirtualMachine[];
  nodes: readonly Node[];
  /** Ids of the networks that are open. */
  open: ReadonlySet<string>;
  describe: {
    network: (network: VirtualNetwork) => { detail: string; tone: Box["tone"] };
    host: (node: Node, count: number) => { detail: string; tone: Box["tone"] };
    vms: (count: number, running: number) => { title: string; detail: string };
  };
}

type Draft = Omit<Box, "x" | "y" | "height">;

/** Where everything is drawn. Pure. */
export function layOut(input: TopologyInput): Graph {
  const { networks, vms, nodes, open, describe } = input;
  const edges = new Map<string, Edge>();
  const connect = (from: string, to: string, count: number) => {
    const key = `${from} ${to}`;
    const edge = edges.get(key) ?? { key, from, to, count: 0 };
    edge.count += count;
    edges.set(key, edge);
  };
  const byName = <T>(rows: readonly T[], name: (row: T) => string) =>
    rows.toSorted((a, b) => name(a).localeCompare(name(b), "en", { numeric: true }));
  const hosts = byName(nodes, ({ hostname }) => hostname);
  const known = new Set(hosts.map(({ id }) => id));
  const blank: Draft = { key: "", kind: "vms", title: "", detail: "", id: "", tone: "idle", names: [], rest: 0 };
  const draft = (key: string, kind: Box["kind"], rest: Partial<Draft>): Draft => ({ ...blank, key, kind, ...rest });

  const middle: Draft[] = [];
  for (const network of byName(networks, ({ name }) => name)) {
    const here = vms.filter(({ spec }) => spec?.nics.some(({ networkId }) => networkId === network.id));
    const onHost = Map.groupBy(here, ({ status }) => (known.has(status?.nodeId ?? "") ? (status?.nodeId ?? "") : ""));
    const isOpen = open.has(network.id);
    const groups = isOpen
      ? [...hosts.map(({ id }) => id), ""].flatMap((id) => {
          const group = onHost.get(id);
          return group ? [{ key: `vms ${network.id} ${id}`, group }] : [];
        })
      : [{ key: `vms ${network.id}`, group: here }];
    for (const { key, group } of groups) {
      if (group.length === 0) continue;
      const running = group.filter((vm) => vmState(vm).name === "RUNNING").length;
      const names = isOpen ? byName(group, ({ name }) => name).slice(0, mostNames) : [];
      const tone = group.some((vm) => vmState(vm).tone === "bad") ? "bad" : running > 0 ? "ok" : "idle";
      middle.push(
        draft(key, "vms", {
          ...describe.vms(group.length, running),
          tone,
          id: network.id,
          names: names.map(({ id, name }) => ({ id, name })),
          rest: isOpen ? group.length - names.length : 0,
        }),
      );
      connect(`network ${network.id}`, key, group.length);
      for (const [hostId, some] of Map.groupBy(group, ({ status }) => status?.nodeId ?? "")) {
        if (known.has(hostId)) connect(key, `host ${hostId}`, some.length);
      }
    }
  }
  const left = byName(networks, ({ name }) => name).map((network) =>
    draft(`network ${network.id}`, "network", { title: network.name, id: network.id, ...describe.network(network) }),
  );
  const onHosts = new Map(
    [...Map.groupBy(vms, ({ status }) => status?.nodeId ?? "")].map(([id, at]) => [id, at.length]),
  );
  const right = hosts.map((node) =>
    draft(`host ${node.id}`, "host", {
      title: node.hostname,
      id: node.id,
      ...describe.host(node, onHosts.get(node.id) ?? 0),
    }),
  );
  const columns = [left, middle, right];
  const heights = columns.map((column) => column.reduce((sum, box) => sum + heightOf(box) + rowGap, -rowGap));
  const height = Math.max(headHeight, ...heights);
  // Short columns are in the middle of what one sees first, not of all that there is.
  const middleOf = Math.min(height, seenFirst);
  const boxes = columns.flatMap((column, i) => {
    let y = Math.max(0, (middleOf - (heights[i] ?? 0)) / 2);
    return column.map((box): Box => {
      const placed = { ...box, x: i * (boxWidth + columnGap), y, height: heightOf(box) };
      y += placed.height + rowGap;
      return placed;
    });
  });
  return { boxes, edges: [...edges.values()], width: 3 * boxWidth + 2 * columnGap, height };
}

function heightOf({ names, rest }: Draft): number {
  return headHeight + (names.length > 0 ? (names.length + (rest > 0 ? 1 : 0)) * lineHeight + 6 : 0);
}
