import type { Privilege, Volume } from "@limiquantix/api";
import { useMemo } from "react";
import { useCan } from "../../api/use-can.ts";
import { blockedByState, type VolumeAction } from "./volume-state.ts";

const privileges = {
  attach: "volume.edit",
  detach: "volume.edit",
  resize: "volume.edit",
  move: "volume.edit",
  edit: "volume.edit",
  clone: "volume.clone",
  delete: "volume.delete",
  restore: "volume.delete",
  purge: "volume.delete",
} as const satisfies Record<VolumeAction, Privilege>;
const asked = ["volume.edit", "volume.clone", "volume.delete"] as const satisfies readonly Privilege[];

/** Why not, by the volume's state or by right; undefined: it can be done, or it is not known yet. */
export type VolumeCan = (volume: Volume, action: VolumeAction) => string | undefined;

/** What the user may do to a volume, asked once. */
export function useVolumeCan(id: string | undefined): VolumeCan {
  const checks = useMemo(
    () => (id ? asked.map((privilege) => ({ privilege, object: { kind: "volume", id } })) : []),
    [id],
  );
  const answers = useCan(checks);
  return useMemo(
    () => (volume, action) => {
      const answer = answers[asked.indexOf(privileges[action])];
      return blockedByState(volume, action) ?? (answer && !answer.allowed && answer.why ? answer.why : undefined);
    },
    [answers],
  );
}
