import { Reason, type Problem } from "@limiquantix/api";
import { Lock } from "lucide-react";
import { strings } from "../strings/index.ts";
import { ProblemPanel } from "./problem.tsx";
import { Empty } from "./states.tsx";

/** In the place of what could not be read: calm where it is not for this user, loud where something is broken. */
export function QueryProblem({ problem, retry }: { problem: Problem; retry?: () => void }) {
  if (problem.reason !== Reason.PRIVILEGE_MISSING && problem.reason !== Reason.PERMISSION_DENIED) {
    return <ProblemPanel problem={problem} retry={retry} />;
  }
  return (
    <Empty icon={<Lock size={32} />} title={strings.common.forbidden}>
      <span className="block first-letter:uppercase">{problem.message}</span>
      {problem.tryThis}
    </Empty>
  );
}
