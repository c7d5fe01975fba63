import type { Clock } from "@limiquantix/kit";
import type { Access } from "../../access/index.ts";
import type { Database } from "../../store/database.ts";
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
    if (block.length < blockLength) continue;
    yield block;
    block = "";
  }
  yield block;
}

function* allFamilies(parts: Parts, access: Access): Generator<string> {
  yield* samples(families.vm, [...visibleVms(parts, access)]);
  yield* samples(families.node, [...visibleNodes(parts, access)]);
  yield* samples(families.pool, [...visiblePools(parts, access)]);
}

type Labelled<T> = { labels: string; measured: T };

function* samples<K extends RecordedKind>(
  of: readonly Family<K>[],
  objects: readonly Labelled<Parameters<Family<K>["value"]>[0]>[],
): Generator<string> {
  for (const family of of) {
    let named = false;
    for (const { labels, measured } of objects) {
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
  for (const row of db.all(vms)) {
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
  for (const row of db.all(nodes)) {
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
  for (const row of db.all(pools)) {
    if (!visible(row)) continue;
    const [nodeId, ...others] = row.spec?.assignedNodeIds ?? [];
    const told = { id: row.id, name: row.name, ...(others.length === 0 ? hosts(nodeId ?? "") : {}) };
    yield { labels: labelsText(told), measured: { space: recorder.poolSpace(row) } };
  }
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
