import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Task_State, type Task } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

const s = strings.tasks.states;

interface Shown {
  /** In the address. */
  name: string;
  label: string;
  tone: Tone;
  busy: boolean;
}

export const taskStates: Record<Task_State, Shown> = {
  [Task_State.UNKNOWN]: { name: "unknown", label: s.unknown, tone: "idle", busy: false },
  [Task_State.QUEUED]: { name: "queued", label: s.queued, tone: "info", busy: true },
  [Task_State.RUNNING]: { name: "running", label: s.running, tone: "info", busy: true },
  [Task_State.SUCCEEDED]: { name: "done", label: s.done, tone: "ok", busy: false },
  [Task_State.FAILED]: { name: "failed", label: s.failed, tone: "bad", busy: false },
  [Task_State.CANCELLED]: { name: "cancelled", label: s.cancelled, tone: "warn", busy: false },
};

export function isRunning({ state }: Pick<Task, "state">): boolean {
  return state === Task_State.QUEUED || state === Task_State.RUNNING;
}

/** How long it has run, in milliseconds; undefined before it ended. */
export function tookMs({ startedAt, createdAt, finishedAt }: Task): number | undefined {
  const from = startedAt ?? createdAt;
  return from && finishedAt ? Math.max(0, timestampMs(finishedAt) - timestampMs(from)) : undefined;
}

/** 0.4 s, 12 s, 3 min 5 s, 2 h 10 min. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "";
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
