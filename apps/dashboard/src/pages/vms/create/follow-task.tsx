import { Task_State, type Task } from "@limiquantix/api";
import { toast } from "sonner";
import type { Connection } from "../../../api/connection.ts";
import { strings } from "../../../strings/index.ts";

const s = strings.createVm;

/** Says how the making of a VM ended, wherever the user is by then. The tray shows how far it is. */
export function followCreation({ inventory }: Connection, task: Task, name: string): void {
  toast.message(s.created(name));
  const stop = inventory.task.subscribe(() => {
    const now = inventory.task.get(task.id);
    if (!now || now.state === Task_State.QUEUED || now.state === Task_State.RUNNING) return;
    stop();
    if (now.state === Task_State.SUCCEEDED) toast.success(s.done(name));
    else if (now.state === Task_State.FAILED) {
      const why = [now.error?.message, now.error?.tryThis].filter(Boolean).join(" ");
      toast.error(s.failed(name), { description: why, duration: 12_000 });
    }
  });
}
