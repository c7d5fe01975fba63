import { fromConnectError, type Problem } from "@limiquantix/api";
import { useCallback, useEffect, useRef, useState } from "react";

export interface AnswerPage<Row> {
  rows: readonly Row[];
  /** Empty: it was the last. */
  nextPageToken: string;
}

export interface Pages<Row> {
  /** Of all pages that have been fetched; undefined before the first has come. */
  rows: readonly Row[] | undefined;
  /** There are further pages. */
  more: boolean;
  loading: boolean;
  problem: Problem | undefined;
  loadMore: () => void;
  /** Begins again at the first page; what is shown stays until it has come. */
  reload: () => void;
}

interface State<Row> {
  rows?: readonly Row[];
  next: string;
  loading: boolean;
  problem?: Problem;
}

/** A list that is too long for one answer: its first page, and the next ones when they are asked for. */
export function usePages<Row>(
  key: string,
  ask: (pageToken: string, signal: AbortSignal) => Promise<AnswerPage<Row>>,
): Pages<Row> {
  const [state, setState] = useState<State<Row>>({ next: "", loading: true });
  const running = useRef<AbortController>(undefined);
  const fetchPage = (token: string, before: readonly Row[]) => {
    running.current?.abort();
    const stop = (running.current = new AbortController());
    setState(({ rows, next }) => ({ ...(rows && { rows }), next, loading: true }));
    ask(token, stop.signal).then(
      ({ rows, nextPageToken }) => {
        if (!stop.signal.aborted) setState({ rows: [...before, ...rows], next: nextPageToken, loading: false });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setState((kept) => ({ ...kept, loading: false, problem: fromConnectError(error) }));
      },
    );
  };
  useEffect(() => {
    fetchPage("", []);
    return () => running.current?.abort();
    // `ask` is a new function at each rendering: the key says when its question is another.
  }, [key]);
  // The newest `fetchPage` in functions that stay the same.
  const latest = useRef({ fetchPage, state });
  useEffect(() => {
    latest.current = { fetchPage, state };
  });
  const loadMore = useCallback(() => {
    const { state, fetchPage } = latest.current;
    if (state.next && !state.loading) fetchPage(state.next, state.rows ?? []);
  }, []);
  const reload = useCallback(() => latest.current.fetchPage("", []), []);
  return {
    rows: state.rows,
    more: state.next !== "",
    loading: state.loading,
    problem: state.problem,
    loadMore,
    reload,
  };
}
