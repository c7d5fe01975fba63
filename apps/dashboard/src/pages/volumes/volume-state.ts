import { VolumeSpec_Provisioning, VolumeStatus_Phase as Phase, type Volume } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

const s = strings.volumes;

export type PhaseName = keyof typeof s.phases;

const looks: Record<PhaseName, { tone: Tone; busy: boolean }> = {
  UNKNOWN: { tone: "idle", busy: false },
  PENDING: { tone: "info", busy: true },
  READY: { tone: "idle", busy: false },
  ATTACHED: { tone: "ok", busy: false },
  RESIZING: { tone: "info", busy: true },
  MOVING: { tone: "info", busy: true },
  DELETING: { tone: "info", busy: true },
  RECYCLED: { tone: "warn", busy: false },
  ERROR: { tone: "bad", busy: false },
};

export function phaseOf({ status, deletedAt }: Volume): PhaseName {
  // One that goes with its VM is on its way before its own row says so.
  if (deletedAt && status?.phase === Phase.ATTACHED) return "DELETING";
  return Phase[status?.phase ?? Phase.UNKNOWN] as PhaseName;
}

export function volumeState(volume: Volume): { name: PhaseName; label: string; tone: Tone; busy: boolean } {
  const name = phaseOf(volume);
  return { name, label: s.phases[name], ...looks[name] };
}

export function isRecycled(volume: Volume): boolean {
  return phaseOf(volume) === "RECYCLED";
}

export function kindOf({ spec }: Volume): string {
  const kind = spec?.provisioning === VolumeSpec_Provisioning.THICK ? s.thick : s.thin;
  return spec?.shared ? s.shared(kind) : kind;
}

/** The VMs that have it; several only of a shared one. */
export function vmsOf({ status }: Volume): readonly string[] {
  return status?.attachedVmIds ?? [];
}

export type VolumeAction = "attach" | "detach" | "resize" | "move" | "clone" | "edit" | "delete" | "restore" | "purge";

/** Why the volume's own state forbids an action now; undefined: it does not. The server decides again. */
export function blockedByState(volume: Volume, action: VolumeAction): string | undefined {
  const phase = phaseOf(volume);
  const attached = (volume.status?.attachedVmId ?? "") !== "";
  if (action === "restore" || action === "purge") {
    if (phase !== "RECYCLED") return s.blocked.notRecycled;
    return attached ? s.blocked.ofVm : undefined;
  }
  if (phase === "RECYCLED") return s.blocked.recycled;
  const busy = s.blocked.busy(s.phases[phase]);
  switch (action) {
    case "edit":
      return phase === "DELETING" ? busy : undefined;
    case "delete":
      return attached ? s.blocked.attached : phase === "DELETING" ? busy : undefined;
    case "attach":
      if (volume.spec?.shared && phase === "ATTACHED") return undefined;
      return attached ? s.blocked.attached : phase === "READY" ? undefined : busy;
    case "detach":
      return !attached ? s.blocked.notAttached : phase === "MOVING" ? busy : undefined;
    default:
      if (volume.spec?.shared && attached) return s.blocked.shared;
      return phase === "READY" || phase === "ATTACHED" ? undefined : busy;
  }
}
