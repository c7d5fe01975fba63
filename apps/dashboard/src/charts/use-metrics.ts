import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { fromConnectError, MetricsService, type Metric_Name, type Problem } from "@limiquantix/api";
import { backoffMs } from "@limiquantix/kit";
import { useEffect, useState } from "react";
import { useClient } from "../api/context.tsx";
import { extended, frameOf, type Frame } from "./frame.ts";

const mostPoints = 1000;
const retry = { baseMs: 500, maxMs: 10_000 };

export interface Target {
  kind: "vm" | "node" | "pool" | "cluster" | "root";
  id: string;
}

export interface Metrics {
  /** The last that was seen; it stays while it is being asked for again. */
  frame: Frame | undefined;
  /** Why there is nothing. */
  problem: Problem | undefined;
}

/** The history of a target and what comes, in one question and one stream; both again after a break. */
export function useMetrics(target: Target, metrics: readonly Metric_Name[], rangeMs: number): Metrics {
  const client = useClient(MetricsService);
  const [state, setState] = useState<Metrics>({ frame: undefined, problem: undefined });
  const { kind, id } = target;
  const asked = metrics.join();
  useEffect(() => {
    const stop = new AbortController();
    setState({ frame: undefined, problem: undefined });
    const request = { targets: [{ kind, id }], metrics: asked.split(",").map(Number) as Metric_Name[] };
    void follow(client, { ...request, rangeMs, signal: stop.signal, tell: setState });
    return () => stop.abort();
  }, [client, kind, id, asked, rangeMs]);
  return state;
}

interface Followed {
  targets: Target[];
  metrics: Metric_Name[];
  rangeMs: number;
  signal: AbortSignal;
  tell: (metrics: Metrics) => void;
}

async function follow(client: Client<typeof MetricsService>, followed: Followed): Promise<void> {
  const { targets, metrics, rangeMs, signal, tell } = followed;
  for (let failures = 0; !signal.aborted;) {
    try {
      const from = timestampFromMs(Date.now() - rangeMs);
      let frame = frameOf(await client.queryMetrics({ targets, metrics, from, maxPoints: mostPoints }, { signal }));
      tell({ frame, problem: undefined });
      failures = 0;
      const most = Math.ceil(rangeMs / frame.stepMs) + 2;
      const last = timestampFromMs(frame.startMs + (frame.count - 1) * frame.stepMs);
      const watched = { targets, metrics, from: last, stepSeconds: frame.stepMs / 1000 };
      for await (const news of client.watchMetrics(watched, { signal })) {
        frame = extended(frame, frameOf(news), most);
        tell({ frame, problem: undefined });
      }
    } catch (error) {
      if (signal.aborted) return;
      // Gone, or out of our sight: it will not come back by being asked for.
      const { code } = ConnectError.from(error);
      if (code === Code.NotFound || code === Code.PermissionDenied) {
        return tell({ frame: undefined, problem: fromConnectError(error) });
      }
    }
    await pause(backoffMs(++failures, retry), signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
