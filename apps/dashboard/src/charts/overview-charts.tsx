import { Skeleton } from "../ui/states.tsx";

/** CPU, memory, disk and network of all hosts that the user may see, together. */
export function OverviewCharts() {
  return <Skeleton className="h-64" />;
}
