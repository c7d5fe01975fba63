import type { Snapshot } from "@limiquantix/api";
import { useMemo } from "react";
import { useConnection } from "../../../api/context.tsx";
import { useRows } from "../../../live/use-collection.ts";

/** The snapshots of one VM, live; the same array until any snapshot changes. */
export function useSnapshotsOf(vmId: string): readonly Snapshot[] {
  const { inventory } = useConnection();
  const all = useRows(inventory.snapshot);
  return useMemo(() => all.filter((snapshot) => snapshot.vmId === vmId), [all, vmId]);
}
