import { fromConnectError, type Problem } from "@limiquantix/api";
import { useCallback, useEffect, useState } from "react";

export interface Query<T> {
  /** The last answer; it stays while a new one is fetched. */
  data: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
  reload: () => void;
}

/** Asks once for what no stream tells, and again when `key` changes. What is live comes from collections instead. */
export function useQuery<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Query<T> {
  const [state, setState] = useState<{ data?: T; problem?: Problem; loading: boolean }>({ loading: true });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    ask(stop.signal).then(
      (data) => !stop.signal.aborted && setState({ data, loading: false }),
      (error: unknown) =>
        !stop.signal.aborted && setState((before) => ({ ...before, problem: fromConnectError(error), loading: false })),
    );
    return () => stop.abort();
    // `ask` is a new function at each rendering: the key says when its question is another.
  }, [key, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { data: state.data, problem: state.problem, loading: state.loading, reload };
}
