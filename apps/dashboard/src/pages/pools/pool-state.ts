import {
  StoragePoolSpec_Backend,
  StoragePoolStatus_Phase,
  type PoolCapabilities,
  type StoragePool,
} from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

const s = strings.pools;

const phases: Record<StoragePoolStatus_Phase, PhaseLook> = {
  [StoragePoolStatus_Phase.UNKNOWN]: { tone: "idle", label: s.phases.unknown, busy: false },
  [StoragePoolStatus_Phase.PENDING]: { tone: "info", label: s.phases.pending, busy: true },
  [StoragePoolStatus_Phase.READY]: { tone: "ok", label: s.phases.ready, busy: false },
  [StoragePoolStatus_Phase.DEGRADED]: { tone: "warn", label: s.phases.degraded, busy: false },
  [StoragePoolStatus_Phase.ERROR]: { tone: "bad", label: s.phases.error, busy: false },
  [StoragePoolStatus_Phase.DELETING]: { tone: "info", label: s.phases.deleting, busy: true },
};

export interface PhaseLook {
  tone: Tone;
  label: string;
  busy: boolean;
}

export function phaseLook(phase: StoragePoolStatus_Phase): PhaseLook {
  return phases[phase];
}

export function poolState(pool: StoragePool): PhaseLook {
  return phaseLook(pool.status?.phase ?? StoragePoolStatus_Phase.UNKNOWN);
}

const backends: Record<StoragePoolSpec_Backend, string> = {
  [StoragePoolSpec_Backend.UNKNOWN]: "",
  [StoragePoolSpec_Backend.CEPH_RBD]: "Ceph RBD",
  [StoragePoolSpec_Backend.CEPH_CEPHFS]: "CephFS",
  [StoragePoolSpec_Backend.LOCAL_LVM]: "LVM",
  [StoragePoolSpec_Backend.LOCAL_DIR]: s.directory,
  [StoragePoolSpec_Backend.NFS]: "NFS",
  [StoragePoolSpec_Backend.ISCSI]: "iSCSI",
  [StoragePoolSpec_Backend.LINSTOR]: "LINSTOR",
};

/** What keeps its bytes, by the name that people know. */
export function poolBackend({ spec }: StoragePool): string {
  return backends[spec?.backend ?? StoragePoolSpec_Backend.UNKNOWN];
}

/** From 0 to 1; 0 where nothing was measured. */
export function poolFill({ status }: StoragePool): number {
  const { totalBytes = 0n, usedBytes = 0n } = status?.capacity ?? {};
  return totalBytes > 0n ? Number(usedBytes) / Number(totalBytes) : 0;
}

/** Percent of the pool; where nothing is said, what the control plane takes. */
export function thresholdsOf({ spec }: StoragePool): { warn: number; stop: number; overcommit: number } {
  const { warnPercent = 0, stopPercent = 0, overcommitPercent = 0 } = spec?.thresholds ?? {};
  return { warn: warnPercent || 80, stop: stopPercent || 95, overcommit: overcommitPercent };
}

/** Calm below its warning, and loud where nothing new is taken. */
export function fillTone(pool: StoragePool): Tone | "accent" {
  const used = poolFill(pool) * 100;
  const { warn, stop } = thresholdsOf(pool);
  return used >= stop ? "bad" : pool.status?.nearlyFull || used >= warn ? "warn" : "accent";
}

type Capability = Exclude<
  { [K in keyof PoolCapabilities]: PoolCapabilities[K] extends boolean ? K : never }[keyof PoolCapabilities],
  undefined
>;

/** Why the pool cannot do something; undefined: it can, or nobody has told yet. */
export function whyUnable({ status }: StoragePool, capability: Capability): string | undefined {
  const can = status?.capabilities;
  if (!can || can[capability]) return undefined;
  const snake = capability.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return can.unsupported[snake] || can.unsupported[capability] || s.noReason;
}
