import { strings } from "../../../strings/index.ts";
import { TasksOf } from "../../tasks/tasks-of.tsx";
import type { VmTabProps } from "../vm-page.tsx";

export function TasksTab({ vm }: VmTabProps) {
  return <TasksOf id={vm.id} none={strings.vm.tasks.none} />;
}
