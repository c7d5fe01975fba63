import { VolumeStatus_Phase, type Volume } from "@limiquantix/api";
import { useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { poolHas } from "../pools/pool-choice.ts";
import { homeNode } from "./home-node.ts";
import { vmsOf } from "./volume-state.ts";

/**
 * Volumes of a project that no VM has, or shared ones that this VM has not, within reach of a host; of any host where none is
 * named. By name.
 */
export function useFreeVolumes({
  projectId,
  nodeId,
  vmId = "",
}: {
  projectId: string;
  nodeId: string;
  vmId?: string;
}): readonly Volume[] {
  const { inventory } = useConnection();
  const all = useRows(inventory.volume);
  const pools = useRows(inventory.pool);
  return useMemo(() => {
    const byId = new Map(pools.map((pool) => [pool.id, pool]));
    const reached = (volume: Volume) => {
      const pool = byId.get(volume.spec?.storagePoolId ?? "");
      const home = homeNode(volume, pool, undefined);
      return nodeId === "" || (poolHas(pool, nodeId) && (home === "" || home === nodeId));
    };
    const isFree = (volume: Volume) => {
      const { status, spec, deletedAt } = volume;
      const { READY, ATTACHED } = VolumeStatus_Phase;
      if (deletedAt) return false;
      if (spec?.shared && status?.phase === ATTACHED) return !vmsOf(volume).includes(vmId);
      return status?.phase === READY && status.attachedVmId === "";
    };
    return all
      .filter((volume) => volume.projectId === projectId && isFree(volume) && reached(volume))
      .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }, [all, pools, projectId, nodeId, vmId]);
}
