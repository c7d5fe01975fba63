import { ClusterSchema, type Cluster, type Node } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import { formatLabels } from "../../values/labels.ts";

export function clusterListView(nodes: readonly Node[]): ListView<typeof ClusterSchema> {
  return {
    schema: ClusterSchema,
    empty: "no clusters",
    columns: [
      { header: "NAME", value: (cluster) => cluster.name },
      { header: "HOSTS", value: (cluster) => String(hostsOf(cluster, nodes).length), right: true },
      { header: "DESCRIPTION", value: (cluster) => cluster.description },
      { header: "AGE", value: (cluster) => age(cluster.createdAt), right: true },
      { header: "LABELS", value: (cluster) => formatLabels(cluster.labels), wide: true },
      { header: "ID", value: (cluster) => cluster.id, wide: true },
    ],
  };
}

export function describeCluster(cluster: Cluster, nodes: readonly Node[]): string[] {
  return renderFields([
    ["Name", cluster.name],
    ["Id", cluster.id],
    ["Description", cluster.description],
    ["Hosts", hostsOf(cluster, nodes).join(", ")],
    ["Labels", formatLabels(cluster.labels)],
    ["Created", moment(cluster.createdAt)],
    ["Revision", String(cluster.revision)],
  ]);
}

function hostsOf({ id }: Cluster, nodes: readonly Node[]): string[] {
  return nodes.filter((node) => node.clusterId === id).map((node) => node.hostname);
}
