import { timestampMs } from "@bufbuild/protobuf/wkt";
import { VolumeStatus_Phase, type Volume } from "@limiquantix/api";
import { isMade, isPurgeDue } from "./volume.ts";

export type VolumePlan =
  | { do: "nothing" }
  /** Its time in the recycle bin is not over. */
  | { do: "wait"; ms: number }
  | { do: "make" }
  | { do: "move" }
  /** It has arrived: what it was in its old pool goes. */
  | { do: "leave" }
  | { do: "grow" }
  | { do: "delete" };

/** The next thing to do about a volume; pure, and all that its reconciler decides by. */
export function planVolume(volume: Volume, now: number): VolumePlan {
  const { status, spec } = volume;
  if (status?.attachedVmId) return { do: "nothing" };
  if (volume.deletedAt) {
    if (isPurgeDue(volume, now)) return { do: "delete" };
    return { do: "wait", ms: volume.purgeAt ? timestampMs(volume.purgeAt) - now : 0 };
  }
  if (status?.phase === VolumeStatus_Phase.ERROR) return { do: "nothing" };
  if (!isMade(volume)) return { do: "make" };
  if (status?.movingFromPoolId) return { do: status.observedGeneration < volume.generation ? "move" : "leave" };
  return (spec?.sizeBytes ?? 0n) > (status?.sizeBytes ?? 0n) ? { do: "grow" } : { do: "nothing" };
}
