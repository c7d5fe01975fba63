import { fromConnectError, type Problem } from "@limiquantix/api";
import { useCallback, useState } from "react";
import { toast } from "sonner";
import { ProblemText } from "../ui/problem.tsx";

export interface Action<Arguments extends unknown[], Result> {
  run: (...args: Arguments) => Promise<Result | undefined>;
  busy: boolean;
  problem: Problem | undefined;
  clear: () => void;
}

/**
 * A mutation from a button or a form. A failure is told in a toast, unless the form shows `problem` at its fields.
 * Calls carry an idempotency key of their own (`newKey`): a repeat after a broken connection does nothing twice.
 */
export function useAction<Arguments extends unknown[], Result>(
  work: (...args: Arguments) => Promise<Result>,
  options: { done?: string; quiet?: boolean } = {},
): Action<Arguments, Result> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = useCallback(
    async (...args: Arguments) => {
      setBusy(true);
      setProblem(undefined);
      try {
        const result = await work(...args);
        if (options.done) toast.success(options.done);
        return result;
      } catch (error) {
        const found = fromConnectError(error);
        setProblem(found);
        if (!options.quiet) toast.error(<ProblemText problem={found} />, { duration: 12_000 });
        return undefined;
      } finally {
        setBusy(false);
      }
    },
    [work, options.done, options.quiet],
  );
  return { run, busy, problem, clear: useCallback(() => setProblem(undefined), []) };
}

export function newKey(): string {
  return crypto.randomUUID();
}
