import { fromConnectError, NodeService, type NodeMetrics, type Problem } from "@limiquantix/api";
import { useEffect, useState } from "react";
import { useClient } from "../../api/context.tsx";

const [intervalSec, retryMs] = [5, 5000];

/** What a host measures of itself, while one looks. Asked for again when the stream breaks; not of a host that is away. */
export function useNodeMetrics(id: string, reachable: boolean): { data?: NodeMetrics; problem?: Problem } {
  const client = useClient(NodeService);
  const [state, setState] = useState<{ data?: NodeMetrics; problem?: Problem }>({});
  useEffect(() => {
    if (!reachable) return setState({});
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = async () => {
      try {
        for await (const data of client.streamNodeMetrics({ id, intervalSec }, { signal: stop.signal })) {
          setState({ data });
        }
      } catch (error) {
        if (!stop.signal.aborted) setState({ problem: fromConnectError(error) });
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void follow(), retryMs);
    };
    void follow();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [client, id, reachable]);
  return state;
}
