import { Task_State, type Task } from "@limiquantix/api";
import { ListChecks } from "lucide-react";
import { useMemo } from "react";
import { useConnection } from "../api/context.tsx";
import { useRows } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { OnDemand } from "../ui/on-demand.tsx";
import { headerButton } from "./header-button.ts";

const loadTray = () => import("./task-tray.tsx").then(({ TaskTray }) => TaskTray);
const noProps = {};

/** How many tasks run; what they are is loaded when somebody wants to see it. */
export function TaskTrayButton() {
  const running = useRunning();
  return (
    <OnDemand
      load={loadTray}
      props={noProps}
      label={trayLabel(running.length)}
      className={headerButton}
      face={<TaskTrayFace running={running.length} />}
    />
  );
}

export function trayLabel(running: number): string {
  const s = strings.shell.tasks;
  return running > 0 ? s.running(running) : s.title;
}

export function TaskTrayFace({ running }: { running: number }) {
  return (
    <>
      <ListChecks aria-hidden size={16} className={running > 0 ? "text-accent" : ""} />
      {running > 0 && (
        <span className="min-w-5 rounded-full bg-accent px-1.5 text-center text-[11px] font-semibold text-on-accent tabular-nums">
          {running}
        </span>
      )}
    </>
  );
}

export function useRunning(): readonly Task[] {
  const { inventory } = useConnection();
  const rows = useRows(inventory.task);
  return useMemo(() => rows.filter(isRunning), [rows]);
}

export function isRunning({ state }: Task): boolean {
  return state === Task_State.QUEUED || state === Task_State.RUNNING;
}
