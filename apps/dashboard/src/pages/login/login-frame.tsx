import type { Problem } from "@limiquantix/api";
import type { ReactNode } from "react";
import { strings } from "../../strings/index.ts";
import { ProblemText } from "../../ui/problem.tsx";

/** The card that stands before the product, until it is known who one is. */
export function LoginFrame({ problem, children }: { problem: Problem | undefined; children: ReactNode }) {
  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <div className="w-full max-w-sm rounded-xl border border-line bg-surface p-6 shadow-sm">
        <div className="mb-5 flex items-center gap-2">
          <img src="/icon.svg" alt="" width={28} height={28} />
          <h1 className="text-[17px] font-semibold">{strings.shell.product}</h1>
        </div>
        {problem && (
          <div role="alert" className="mb-4 rounded-md border border-bad/40 bg-bad-soft p-3">
            <ProblemText problem={problem} />
          </div>
        )}
        {children}
      </div>
    </main>
  );
}
