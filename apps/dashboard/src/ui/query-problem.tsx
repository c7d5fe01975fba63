import { Reason, type Problem } from "@limiquantix/api";
import { Forbidden } from "./forbidden.tsx";
import { ProblemPanel } from "./problem.tsx";

/** In the place of what could not be read: calm where it is not for this user, loud where something is broken. */
export function QueryProblem({ problem, retry }: { problem: Problem; retry?: () => void }) {
  if (problem.reason !== Reason.PRIVILEGE_MISSING && problem.reason !== Reason.PERMISSION_DENIED) {
    return <ProblemPanel problem={problem} retry={retry} />;
  }
  return <Forbidden message={problem.message} tryThis={problem.tryThis} />;
}
