import { Metric_Name, MetricsService, type MetricsFrame } from "@limiquantix/api";
import { useEffect, useState } from "react";
import { useClient } from "../../api/context.tsx";

export interface PlatformTax {
  /** Of one core, all hosts' daemons together: 200 is two cores. */
  cpuPercent: number;
  memoryBytes: number;
}

const metrics = [Metric_Name.DAEMON_CPU, Metric_Name.DAEMON_MEMORY];
const [stepSeconds, retryMs] = [10, 5000];

/** What the node daemons take of their hosts, as it changes; undefined while nothing measured it. */
export function usePlatformTax(): PlatformTax | undefined {
  const client = useClient(MetricsService);
  const [tax, setTax] = useState<PlatformTax>();
  useEffect(() => {
    const stop = new AbortController();
    const targets = [{ kind: "root" }];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (frame: MetricsFrame) => {
      const [cpuPercent, memoryBytes] = metrics.map((metric) => newest(frame, metric));
      if (cpuPercent !== undefined && memoryBytes !== undefined && memoryBytes > 0) setTax({ cpuPercent, memoryBytes });
    };
    const follow = async () => {
      try {
        show(await client.queryMetrics({ targets, metrics }, { signal: stop.signal }));
        for await (const frame of client.watchMetrics({ targets, metrics, stepSeconds }, { signal: stop.signal })) {
          show(frame);
        }
      } catch {
        // Who may not see it, or has no connection, sees the last that was known; the banner tells of the connection.
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void follow(), retryMs);
    };
    void follow();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [client]);
  return tax;
}

/** The last point that was measured. */
function newest({ series }: MetricsFrame, metric: Metric_Name): number | undefined {
  const values = series.find((one) => one.metric === metric)?.values;
  return values?.findLast((value) => !Number.isNaN(value));
}
