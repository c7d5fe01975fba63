import { VMService, type HostVerdict, type Problem } from "@limiquantix/api";
import { useMemo } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { useQuery } from "../../../api/use-query.ts";
import { useRows } from "../../../live/use-collection.ts";
import { useSettled } from "../use-settled.ts";
import type { Draft } from "./draft.ts";
import { placedSpecOf } from "./request.ts";

export interface WhyNot {
  /** Best first; empty while nothing is known. */
  hosts: readonly HostVerdict[];
  chosenNodeId: string;
  problem: Problem | undefined;
  /** It is being asked anew: what is shown is of a moment ago. */
  asking: boolean;
}

/** What the scheduler says of the draft, host by host: asked again when the draft or the hosts have changed. */
export function useWhyNot(draft: Draft): WhyNot {
  const vms = useClient(VMService);
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  // Load goes up and down all the time; what a host may take is decided by its phase and what is promised.
  const hosts = useMemo(
    () => nodes.map(({ id, status }) => `${id}:${status?.phase}:${status?.resources?.memory?.allocatedMib}`).join(),
    [nodes],
  );
  const { source, imageId, isoId, guest, projectId, cores, memoryMib, disks, nics } = draft;
  const key = useSettled(
    JSON.stringify([source, imageId, isoId, guest, projectId, cores, memoryMib, disks, nics, hosts]),
    300,
  );
  const { data, problem, loading } = useQuery(key, (signal) =>
    vms.whyNot({ spec: placedSpecOf(draft), projectId: draft.projectId }, { signal }),
  );
  return { hosts: data?.hosts ?? [], chosenNodeId: data?.chosenNodeId ?? "", problem, asking: loading };
}
