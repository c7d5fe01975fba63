import { Skeleton } from "../ui/states.tsx";

/** CPU, memory, load, disk, network of a host, and what the platform itself takes of it. */
export function NodeCharts({ nodeId }: { nodeId: string }) {
  return <Skeleton key={nodeId} className="h-64" />;
}
