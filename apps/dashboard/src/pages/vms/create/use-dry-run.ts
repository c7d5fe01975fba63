import { VMService } from "@limiquantix/api";
import { useClient } from "../../../api/context.tsx";
import { useQuery } from "../../../api/use-query.ts";
import { useSettled } from "../use-settled.ts";
import type { Draft } from "./draft.ts";
import { requestOf } from "./request.ts";
import type { DryRun } from "./steps/review-step.tsx";

/** Asks the control plane what would come of the draft, while `wanted`; again when the draft changes. */
export function useDryRun(draft: Draft, wanted: boolean): DryRun {
  const vms = useClient(VMService);
  const now = wanted ? JSON.stringify(draft) : "";
  const key = useSettled(now, 100);
  const { data, problem, loading } = useQuery(key, async (signal) => {
    if (key === "") return undefined;
    const { warnings } = await vms.createVM({ ...requestOf(draft), dryRun: true }, { signal });
    return { key, warnings };
  });
  const current = !loading && key === now;
  return {
    settled: current && data?.key === key,
    warnings: data?.warnings ?? [],
    problem: current ? problem : undefined,
  };
}
