import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Clock } from "@limiquantix/kit";
import type { Access } from "../../access/index.ts";
import type { Database } from "../../store/database.ts";
import type { Table } from "../../store/table.ts";
import { clusters, nodes, pools, projects, vms } from "../../tables.ts";
import type { RecordedKind } from "../catalogue.ts";
import type { MetricsRecorder } from "../recorder.ts";
import { buildInfo, families, type Family } from "./families.ts";
import { familyHead, labelsText } from "./text.ts";

interface Parts {
  db: Database;
  clock: Clock;
  recorder: MetricsRecorder;
  version: string;
}

/** A block is sent when it has this many characters. */
const blockLength = 65_536;
/** The caller may do something else; after so many objects. */
const pause = "";
const pauseAfter = 500;

/**
 * What the caller may see of VMs, hosts and pools in Prometheus's text format 0.0.4, block by block.
 *
 * Not by prom-client, which the control plane's own metrics are made with: its registry holds a hashed object for each
 * sample, is one and the same for all callers, and answers one string. Of 10,000 VMs, 120,000 samples, that would be kept
 * for every scope, or be made anew for each scrape, and hold up everything else meanwhile. Here a sample is one
 * concatenation, and nothing outlives the scrape. The labels of an object are put together once.
 */
export function* expose(parts: Parts, access: Access): Generator<string> {
  let block =
    familyHead({ name: buildInfo, type: "gauge", help: "Which version this control plane is" }) +
    `${buildInfo}${labelsText({ version: parts.version })} 1\n`;
  for (const piece of allFamilies(parts, access)) {
    block += piece;
    if (piece !== pause && block.length < blockLength) continue;
    yield block;
    block = "";
  }
  yield block;
}

function* allFamilies(parts: Parts, access: Access): Generator<string> {
  yield* samples(families.vm, visibleVms(parts, access));
  yield* samples(families.node, visibleNodes(parts, access));
  yield* samples(families.pool, visiblePools(parts, access));
}

type Labelled<T> = { labels: string; measured: T };

function* samples<K extends RecordedKind>(
  of: readonly Family<K>[],
  objects: Iterable<Labelled<Parameters<Family<K>["value"]>[0]>>,
): Generator<string> {
  const all: Labelled<Parameters<Family<K>["value"]>[0]>[] = [];
  for (const object of objects) {
    all.push(object);
    if (all.length % pauseAfter === 0) yield pause;
  }
  for (const family of of) {
    let named = false;
    for (const { labels, measured } of all) {
      const value = family.value(measured);
      if (value === undefined || Number.isNaN(value)) continue;
      if (!named) yield familyHead(family);
      named = true;
      yield `${family.name}${labels} ${value}\n`;
    }
  }
}

function* visibleVms({ db, clock, recorder }: Parts, access: Access) {
  const visible = access.sees("vm", "vm.view");
  const hosts = hostLabels(db, access);
  const seesProject = access.sees("project", "project.view");
  const now = clock.now();
  for (const row of rowsOf(db, vms)) {
    if (!visible(row)) continue;
    const { id, name, projectId } = row;
    const project = db.find(projects, projectId);
    const nodeId = row.status?.nodeId ?? "";
    const told = { id, name, project: project && seesProject(project) ? project.name : projectId, ...hosts(nodeId) };
    const usage = recorder.vmUsage(nodeId, id, now);
    const load = usage && recorder.loads.find("vm", id, now);
    yield { labels: labelsText(told), measured: { row, usage, cpuPercent: load?.cpuPercent } };
  }
}

function* visibleNodes({ db, clock, recorder }: Parts, access: Access) {
  const visible = access.sees("node", "node.view");
  const hosts = hostLabels(db, access);
  const now = clock.now();
  for (const row of rowsOf(db, nodes)) {
    if (!visible(row)) continue;
    const { node: name, cluster } = hosts(row.id);
    const usage = recorder.nodeUsage(row.id, now);
    const load = usage && recorder.loads.find("node", row.id, now);
    yield { labels: labelsText({ id: row.id, name, cluster }), measured: { row, usage, cpuPercent: load?.cpuPercent } };
  }
}

function* visiblePools({ db, recorder }: Parts, access: Access) {
  const visible = access.sees("pool", "pool.view");
  const hosts = hostLabels(db, access);
  for (const row of rowsOf(db, pools)) {
    if (!visible(row)) continue;
    const [nodeId, ...others] = row.spec?.assignedNodeIds ?? [];
    const told = { id: row.id, name: row.name, ...(others.length === 0 ? hosts(nodeId ?? "") : {}) };
    yield { labels: labelsText(told), measured: { space: recorder.poolSpace(row) } };
  }
}

/** As they are now: what comes or goes in a pause must not make another be met twice. */
function rowsOf<D extends DescMessage>(db: Database, table: Table<D>): MessageShape<D>[] {
  return Array.from(db.all(table));
}

/** Hosts and clusters by name, once each; empty for what the caller may not see. */
function hostLabels(db: Database, access: Access) {
  const [seesNode, seesCluster] = [access.sees("node", "node.view"), access.sees("cluster", "cluster.view")];
  const known = new Map<string, { node: string; cluster: string }>();
  return (nodeId: string): { node: string; cluster: string } => {
    let labels = known.get(nodeId);
    if (labels) return labels;
    const node = db.find(nodes, nodeId);
    const cluster = node && db.find(clusters, node.clusterId);
    labels = {
      node: node && seesNode(node) ? node.hostname : "",
      cluster: cluster && seesCluster(cluster) ? cluster.name : "",
    };
    known.set(nodeId, labels);
    return labels;
  };
}
