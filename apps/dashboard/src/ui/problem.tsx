import type { Problem } from "@limiquantix/api";

/** The catalogue's sentence, and what to do about it. */
export function ProblemText({ problem }: { problem: Problem }) {
  return (
    <span className="block">
      <span className="block font-medium first-letter:uppercase">{problem.message}</span>
      {problem.tryThis && <span className="mt-0.5 block text-muted">{problem.tryThis}</span>}
    </span>
  );
}

/** What went wrong, in the place of what would be there. */
export function ProblemPanel({ problem, retry }: { problem: Problem; retry?: (() => void) | undefined }) {
  return (
    <div role="alert" className="m-4 rounded-lg border border-bad/40 bg-bad-soft p-4 text-text">
      <ProblemText problem={problem} />
      {retry && (
        <button
          type="button"
          onClick={retry}
          className="mt-3 rounded-md border border-line-strong bg-surface px-3 py-1"
        >
          Try again
        </button>
      )}
    </div>
  );
}
