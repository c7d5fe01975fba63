import { VMService, type WhyNotResponse } from "@limiquantix/api";
import { useEffect, useState } from "react";
import { useClient } from "../../api/context.tsx";

/** Where a VM would fit if it could leave its host, or why nowhere. */
export interface Elsewhere {
  host?: string;
  why: string;
}

const [atOnce, first] = [4, 20];

/** The scheduler's word on each VM of a host; of many, the first few until the others are asked for. */
export function useElsewhere(nodeId: string, vmIds: readonly string[]) {
  const client = useClient(VMService);
  const [of, setOf] = useState<ReadonlyMap<string, Elsewhere>>(new Map());
  const [limit, setLimit] = useState(first);
  const key = vmIds.join();
  useEffect(() => {
    const stop = new AbortController();
    const queue = vmIds.slice(0, limit).filter((id) => !of.has(id));
    const work = async () => {
      for (let vmId = queue.shift(); vmId; vmId = queue.shift()) {
        const id = vmId;
        // What cannot be asked is not said: the preview stands without it.
        const answer = await client.whyNot({ vmId: id }, { signal: stop.signal }).catch(() => undefined);
        if (stop.signal.aborted) return;
        if (answer) setOf((before) => new Map(before).set(id, elsewhere(answer, nodeId)));
      }
    };
    for (let i = 0; i < atOnce; i++) void work();
    return () => stop.abort();
  }, [client, nodeId, key, limit]);
  return {
    of,
    rest: Math.max(0, vmIds.length - limit),
    busy: vmIds.slice(0, limit).some((id) => !of.has(id)) && limit > first,
    more: () => setLimit(vmIds.length),
  };
}

/** The best of the other hosts; where none fits, the objection of most of them. Pure. */
export function elsewhere({ hosts }: Pick<WhyNotResponse, "hosts">, nodeId: string): Elsewhere {
  const others = hosts.filter((verdict) => verdict.nodeId !== nodeId);
  const best = others.filter(({ fits }) => fits).toSorted((a, b) => b.score - a.score)[0];
  if (best) return { host: best.hostname, why: "" };
  const objections = new Map<string, number>();
  for (const { objections: said } of others) {
    for (const { message } of said) objections.set(message, (objections.get(message) ?? 0) + 1);
  }
  const [why = ""] = [...objections].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  return { why };
}
