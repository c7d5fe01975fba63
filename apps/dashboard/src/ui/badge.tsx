import type { ReactNode } from "react";

export type Tone = "ok" | "warn" | "bad" | "info" | "idle";

const soft: Record<Tone, string> = {
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
  idle: "bg-hover text-muted",
};

const solid: Record<Tone, string> = { ok: "bg-ok", warn: "bg-warn", bad: "bg-bad", info: "bg-info", idle: "bg-faint" };

export function Badge({ tone = "idle", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={`inline-flex h-5 items-center rounded px-1.5 text-[12px] font-medium ${soft[tone]}`}>
      {children}
    </span>
  );
}

/** A state in a table or a title: a dot and its word, never colour alone. `busy`: it is on its way to another. */
export function StateDot({ tone, label, busy = false }: { tone: Tone; label: string; busy?: boolean }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span aria-hidden className={`size-2 rounded-full ${solid[tone]} ${busy ? "animate-pulse" : ""}`} />
      {label}
    </span>
  );
}
